import { type Dtype, hostArray, type TypedArray } from '../dtype.js';
import { expected, FileError, OutOfMemoryError, ValueError } from '../errors.js';
import { numel } from '../tensor/shape.js';
import type { ByteSource } from './byte-source.js';
import { type FileDtype, fileDtypes, type RawArray } from './file-dtypes.js';
import { decodeSmallFloats, encodeSmallFloats, isSmallFloat } from './small-floats.js';

/** Where a file stores the values of a tensor, row-major, and as what. */
export interface StoredValues {
  readonly name: string;
  readonly dtype: FileDtype;
  readonly shape: readonly number[];
  /** Byte offset of the first value. */
  readonly start: number;
}

/** Elements converted at a time: bounds the extra memory, and no piece exceeds the longest array of an engine. */
const pieceLength = 2 ** 23;

/**
 * Yields the bytes of a tensor's values as `to`, little-endian, in pieces. `where` describes the tensor in messages.
 * Doubles of the `reference` device are rounded to float32 first.
 * @throws ValueError for integers that `to` cannot represent.
 */
export function* bytesOfValues(
  values: TypedArray,
  to: FileDtype,
  where: string,
  length = pieceLength,
): Iterable<Uint8Array> {
  for (let at = 0; at < values.length; at += length) {
    const piece = values.subarray(at, at + length);
    const stored = encoded(piece instanceof Float64Array ? new Float32Array(piece) : piece, to, where, at);
    yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
}

/** Returns values as the elements of a file; `at` is the index of the first one, for messages. */
function encoded(values: Exclude<TypedArray, Float64Array>, to: FileDtype, where: string, at: number): RawArray {
  if (values instanceof Float32Array) {
    if (isSmallFloat(to)) return encodeSmallFloats(to, values);
    return to === 'float32' ? values : new Float64Array(values);
  }
  if (to === 'int64' || to === 'uint64') {
    // two's complement: the upper half repeats the sign
    const halves = new Int32Array(2 * values.length);
    for (let i = 0; i < values.length; i++) {
      halves[2 * i] = values[i];
      halves[2 * i + 1] = values[i] >> 31;
    }
    if (to === 'uint64') expectEqual(values, new Uint32Array(values), [to, where, at]);
    return halves;
  }
  const array = fileDtypes[to].array as Uint8ArrayConstructor;
  if (values instanceof array) return values;
  const stored = new array(values);
  expectEqual(values, stored, [to, where, at]);
  return stored;
}

type Place = readonly [to: FileDtype, where: string, at: number];

function expectEqual(values: ArrayLike<number>, stored: ArrayLike<number>, [to, where, at]: Place): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== stored[i]) throw new ValueError(expected(where, `values of ${to}`, `${values[i]} at ${at + i}`));
  }
}

/**
 * Reads the values of a tensor as its dtype, in pieces. Doubles are rounded to float32, smaller floats widened.
 * @throws FileError for integers beyond int32, for flags other than 0 and 1 and for complex numbers.
 * @throws OutOfMemoryError if the values do not fit into the memory of the process.
 */
export async function readValues(
  source: ByteSource,
  { name, dtype, shape, start }: StoredValues,
  length = pieceLength,
): Promise<Float32Array | Int32Array | Uint8Array> {
  const where = `${source.name}: '${name}'`;
  const { bytes, array } = fileDtypes[dtype];
  const size = numel(shape);
  const values = allocated(where, dtypeOf(where, dtype), size);
  for (let at = 0; at < size; at += length) {
    const piece = await source.read(start + at * bytes, Math.min(length, size - at) * bytes);
    values.set(decodeValues(dtype, new array(piece.buffer as ArrayBuffer), where, at), at);
  }
  return values;
}

/**
 * The dtype of tensors that elements of a file are read as.
 * @throws FileError for complex numbers, which no tensor holds.
 */
export function dtypeOf(where: string, stored: FileDtype): Dtype {
  const { dtype } = fileDtypes[stored];
  if (dtype === null) throw new FileError(expected(where, 'real numbers', `${stored}, which can only be read raw`));
  return dtype;
}

function allocated(where: string, dtype: Dtype, size: number): Float32Array | Int32Array | Uint8Array {
  try {
    return hostArray(dtype, size);
  } catch (error) {
    throw new OutOfMemoryError(`${where}: expected memory for ${size} values of ${dtype}, got: ${error}`);
  }
}

/**
 * Returns the numbers that elements of a file stand for; `at` is the index of the first one, for messages.
 * @throws FileError as readValues does.
 */
export function decodeValues(dtype: FileDtype, raw: RawArray, where: string, at = 0): ArrayLike<number> {
  if (isSmallFloat(dtype)) return decodeSmallFloats(dtype, raw as Uint8Array | Uint16Array);
  if (dtype === 'bool') {
    const odd = (raw as Uint8Array).findIndex((flag) => flag > 1);
    if (odd >= 0) throw new FileError(`${where}: expected 0 or 1 in flags, got ${raw[odd]} at ${at + odd}`);
  }
  if (dtype !== 'int64' && dtype !== 'uint64' && dtype !== 'uint32') return raw as ArrayLike<number>;
  return Int32Array.from({ length: raw.length }, (_, i) => {
    const value = Number(raw[i]);
    if (value === (value | 0)) return value;
    throw new FileError(`${where}: expected integers of 32 bits, got ${raw[i]} at ${at + i}`);
  });
}
