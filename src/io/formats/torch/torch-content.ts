import type { ByteSource } from '../../byte-source.js';
import type { TorchStorage } from './torch-objects.js';

/** A checkpoint of PyTorch: its object, in which TorchTensors stand for tensors, and their storages. */
export interface TorchContent {
  readonly root: unknown;
  /** Size of the pickle. */
  readonly pickleLength: number;
  readonly bigEndian: boolean;
  /** Opens the bytes of a storage. */
  open(storage: TorchStorage): Promise<ByteSource>;
}

/** Maximum size of a pickle, as for headers of safetensors. */
export const largestPickle = 100_000_000;
