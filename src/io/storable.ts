import { expected, textOf, ValueError } from '../errors.js';
import { expectObject, expectText } from '../tensor/expect.js';
import { numel } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { type FileDtype, fileDtypes, type RawTensor } from './file-dtypes.js';
import { bytesOfValues } from './file-values.js';
import { isFileDtype, type StoredAs, storedDtype } from './stored-as.js';

/** A tensor of a file, whose bytes can be read in pieces. */
export interface TensorSource {
  readonly dtype: FileDtype;
  readonly shape: readonly number[];
  /** The elements, little-endian and row-major; no element is divided between pieces. */
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** What can be written to a file: a tensor, raw elements, or a tensor of another file. */
export type Storable = Tensor | RawTensor | TensorSource;

/** Named tensors, such as a state dict, as a Map or a plain object. */
export type NamedTensors = ReadonlyMap<string, Storable> | Readonly<Record<string, Storable>>;

/** A tensor on its way into a file. */
export interface Outgoing extends TensorSource {
  readonly name: string;
}

/**
 * Prepares tensors for a file: reads those on devices, and checks raw ones.
 * @throws ValueError, with `op` and the name in the message, for anything else.
 */
export async function outgoing(op: string, tensors: NamedTensors, wanted?: StoredAs): Promise<Outgoing[]> {
  expectObject(op, 'a Map or an object of tensors by name', tensors);
  const result: Outgoing[] = [];
  for (const [name, t] of tensors instanceof Map ? tensors : Object.entries(tensors)) {
    expectText(op, 'a name for each tensor', name);
    result.push({ name, ...(await contentOf(`${op}: '${name}'`, t, wanted)) });
  }
  return result;
}

/**
 * Prepares one tensor for a file; `where` names it in messages.
 * @throws ValueError for anything but a tensor.
 */
export async function contentOf(where: string, t: Storable, wanted?: StoredAs): Promise<TensorSource> {
  if (t instanceof Tensor) {
    const values = await t.data();
    const dtype = storedDtype(t.dtype, wanted);
    return { dtype, shape: t.shape, pieces: () => bytesOfValues(values, dtype, where) };
  }
  const got = t as Partial<TensorSource & RawTensor> | null | undefined;
  if (isFileDtype(got?.dtype) && Array.isArray(got.shape)) {
    const { dtype, shape, data } = got;
    if (typeof got.pieces === 'function') return { dtype, shape, pieces: () => (t as TensorSource).pieces() };
    const { array, bytes } = fileDtypes[dtype];
    if (data instanceof array && data.byteLength === numel(shape) * bytes) {
      return { dtype, shape, pieces: () => [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] };
    }
    const length = (numel(shape) * bytes) / (array as unknown as Uint8ArrayConstructor).BYTES_PER_ELEMENT;
    throw new ValueError(expected(where, `data in a ${array.name} of ${length} elements`, dataText(data)));
  }
  throw new ValueError(expected(where, 'a tensor', t instanceof Object ? textOf(t) : typeof t));
}

function dataText(data: unknown): string {
  return ArrayBuffer.isView(data) ? `a ${data.constructor.name} of ${data.byteLength} bytes` : textOf(data);
}
