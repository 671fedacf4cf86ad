import type { Dtype, TypedArray } from '../dtype.js';
import { DtypeError, FileError, ValueError } from '../errors.js';
import { backendOf } from '../tensor/device.js';
import { fromHost } from '../tensor/host.js';
import { Tensor } from '../tensor/tensor.js';
import { type ByteSource, memorySource } from './byte-source.js';
import { fileDtypes, headerBytes, headerLength, parseHeader } from './safetensors-header.js';
import { bytesOfValues, dtypeOfFile, fileDtypeOf, readValues } from './safetensors-values.js';

/** A tensor on the host, in transit between a device and a file. */
export interface HostTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly values: TypedArray;
}

/** The content of a file, checked and in memory. */
export interface TensorFile {
  readonly tensors: readonly HostTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads named tensors from their devices.
 * @throws ValueError with `op` in the message for values that are not tensors and for a name that is not allowed;
 * DtypeError for a dtype that cannot be stored.
 */
export async function toHost(op: string, named: Iterable<readonly [string, Tensor]>): Promise<HostTensor[]> {
  const host: HostTensor[] = [];
  for (const [name, t] of named) {
    if (name === '__metadata__') throw new ValueError(`${op}: expected a name for each tensor, got '__metadata__'`);
    if (!(t instanceof Tensor)) throw new ValueError(`${op}: expected a tensor for '${name}', got ${typeof t}`);
    if (!Object.hasOwn(fileDtypeOf, t.dtype)) {
      throw new DtypeError(`${op}: expected a dtype of ${Object.keys(fileDtypeOf)} for '${name}', got ${t.dtype}`);
    }
    host.push({ name, dtype: t.dtype, shape: t.shape, values: await t.data() });
  }
  return host;
}

/** Makes a tensor on a device (default: the current one) with the values of a host tensor. */
export function toDevice(op: string, { dtype, shape, values }: HostTensor, device?: string): Tensor {
  return fromHost(op, values, shape, dtype, backendOf(device));
}

/**
 * Returns the pieces of a safetensors file, in order. Wide types come first, so that the data of each tensor are
 * aligned.
 * @throws ValueError, with `op` in the message, for names, shapes and metadata that could not be read back.
 */
export function chunksOfFile(op: string, { tensors, metadata }: TensorFile): Iterable<Uint8Array> {
  const described = tensors.map((t) => ({ ...t, dtype: fileDtypeOf[t.dtype] }));
  const ordered = described.sort((a, b) => fileDtypes[b.dtype] - fileDtypes[a.dtype]);
  const header = headerBytes(op, ordered, metadata);
  return (function* () {
    yield header;
    for (const { values } of ordered) yield* bytesOfValues(values);
  })();
}

/**
 * Reads a file from a path or bytes, and checks everything that the format requires.
 * @throws FileError if the file cannot be read or violates the format; OutOfMemoryError if it is too large.
 */
export async function readTensorFile(op: string, file: string | Uint8Array | ArrayBuffer): Promise<TensorFile> {
  const source = await open(op, file);
  try {
    const first = await source.read(0, Math.min(8, source.size));
    const length = headerLength(source.name, first, source.size);
    const { entries, metadata } = parseHeader(source.name, await source.read(8, length), source.size);
    const tensors: HostTensor[] = [];
    for (const entry of entries) {
      const { name, dtype, shape } = entry;
      tensors.push({ name, dtype: dtypeOfFile[dtype], shape, values: await readValues(source, entry) });
    }
    return { tensors, metadata };
  } finally {
    await source.close();
  }
}

async function open(op: string, file: string | Uint8Array | ArrayBuffer): Promise<ByteSource> {
  if (typeof file === 'string') return (await import('./node/files.js')).fileSource(file);
  if (file instanceof ArrayBuffer) return memorySource('bytes', new Uint8Array(file));
  if (file instanceof Uint8Array) return memorySource('bytes', file);
  throw new FileError(`${op}: expected a path or bytes, got ${file === null ? 'null' : typeof file}`);
}
