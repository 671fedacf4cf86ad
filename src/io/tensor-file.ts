import type { Dtype, TypedArray } from '../dtype.js';
import { ValueError } from '../errors.js';
import { backendOf } from '../tensor/device.js';
import { fromHost } from '../tensor/host.js';
import { Tensor } from '../tensor/tensor.js';
import { fileDtypes } from './file-dtypes.js';
import { bytesOfValues, dtypeOf, readValues } from './file-values.js';
import { openSource } from './open-source.js';
import { headerBytes, headerLength, parseHeader } from './safetensors-header.js';
import type { Outgoing } from './storable.js';

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
 * @throws ValueError with `op` in the message for values that are not tensors.
 */
export async function toHost(op: string, named: Iterable<readonly [string, Tensor]>): Promise<HostTensor[]> {
  const host: HostTensor[] = [];
  for (const [name, t] of named) {
    if (!(t instanceof Tensor)) throw new ValueError(`${op}: expected a tensor for '${name}', got ${typeof t}`);
    host.push({ name, dtype: t.dtype, shape: t.shape, values: await t.data() });
  }
  return host;
}

/** Prepares a host tensor for a file. */
export function asOutgoing(t: HostTensor): Outgoing {
  return { ...t, pieces: () => bytesOfValues(t.values, t.dtype, t.name) };
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
export function chunksOfFile(
  op: string,
  tensors: readonly Outgoing[],
  metadata: Readonly<Record<string, string>>,
): AsyncIterable<Uint8Array> {
  if (tensors.some(({ name }) => name === '__metadata__')) {
    throw new ValueError(`${op}: expected a name for each tensor, got '__metadata__'`);
  }
  const ordered = [...tensors].sort((a, b) => fileDtypes[b.dtype].bytes - fileDtypes[a.dtype].bytes);
  const header = headerBytes(op, ordered, metadata);
  return (async function* () {
    yield header;
    for (const t of ordered) yield* t.pieces();
  })();
}

/**
 * Reads a file from a path or bytes, and checks everything that the format requires.
 * @throws FileError if the file cannot be read or violates the format; OutOfMemoryError if it is too large.
 */
export async function readTensorFile(op: string, file: string | Uint8Array | ArrayBuffer): Promise<TensorFile> {
  const source = await openSource(op, file);
  try {
    const first = await source.read(0, Math.min(8, source.size));
    const length = headerLength(source.name, first, source.size);
    const { entries, metadata } = parseHeader(source.name, await source.read(8, length), source.size);
    const tensors: HostTensor[] = [];
    for (const entry of entries) {
      const { name, dtype, shape } = entry;
      tensors.push({
        name,
        dtype: dtypeOf(`${source.name}: '${name}'`, dtype),
        shape,
        values: await readValues(source, entry),
      });
    }
    return { tensors, metadata };
  } finally {
    await source.close();
  }
}
