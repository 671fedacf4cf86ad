import { type Dtype, hostArray, type TypedArray } from '../dtype.js';
import { FileError, OutOfMemoryError } from '../errors.js';
import { numel } from '../tensor/shape.js';
import type { ByteSource } from './byte-source.js';
import { type FileDtype, fileDtypes, type HeaderEntry } from './safetensors-header.js';

/** The file type that each dtype is written as. */
export const fileDtypeOf: Readonly<Record<Dtype, FileDtype>> = {
  float32: 'F32',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};

/** The dtype that each file type is read as. */
export const dtypeOfFile: Readonly<Record<FileDtype, Dtype>> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int32',
  I16: 'int32',
  U16: 'int32',
  I32: 'int32',
  I64: 'int32',
  F16: 'float32',
  BF16: 'float32',
  F32: 'float32',
  F64: 'float32',
};

/** Elements converted at a time: bounds the extra memory, and no piece exceeds the longest array of an engine. */
const pieceLength = 2 ** 23;

/**
 * Yields the bytes of a tensor's values as stored in the file, little-endian, in pieces. Doubles of the `reference`
 * device are rounded to float32.
 */
export function* bytesOfValues(values: TypedArray, length = pieceLength): Iterable<Uint8Array> {
  for (let at = 0; at < values.length; at += length) {
    const piece = values.subarray(at, at + length);
    const stored = piece instanceof Float64Array ? new Float32Array(piece) : piece;
    yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
}

/**
 * Reads the values of a tensor, in pieces. Doubles are rounded to float32, halves widened.
 * @throws FileError for 64-bit integers beyond int32 and for BOOL bytes other than 0 and 1.
 * @throws OutOfMemoryError if the values do not fit into the memory of the process.
 */
export async function readValues(
  source: ByteSource,
  { name, dtype, shape, start }: HeaderEntry,
  length = pieceLength,
): Promise<Float32Array | Int32Array | Uint8Array> {
  const where = `${source.name}: '${name}'`;
  const width = fileDtypes[dtype];
  const size = numel(shape);
  const values = allocated(where, dtypeOfFile[dtype], size);
  for (let at = 0; at < size; at += length) {
    const piece = await source.read(start + at * width, Math.min(length, size - at) * width);
    values.set(decoders[dtype](piece.buffer as ArrayBuffer, where, at), at);
  }
  return values;
}

function allocated(where: string, dtype: Dtype, size: number): Float32Array | Int32Array | Uint8Array {
  try {
    return hostArray(dtype, size);
  } catch (error) {
    throw new OutOfMemoryError(`${where}: expected memory for ${size} values of ${dtype}, got: ${error}`);
  }
}

/** Returns the values in the bytes of a file; `at` is the index of the first one, for messages. */
type Decoder = (bytes: ArrayBuffer, where: string, at: number) => ArrayLike<number>;

const decoders: Readonly<Record<FileDtype, Decoder>> = {
  F32: (bytes) => new Float32Array(bytes),
  F64: (bytes) => new Float64Array(bytes),
  F16: (bytes) => {
    const halves = new Uint16Array(bytes);
    const values = new Float32Array(halves.length);
    for (let i = 0; i < halves.length; i++) values[i] = halfToNumber(halves[i]);
    return values;
  },
  // a bfloat16 is the upper half of a float32
  BF16: (bytes) => new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer),
  I32: (bytes) => new Int32Array(bytes),
  I16: (bytes) => new Int16Array(bytes),
  U16: (bytes) => new Uint16Array(bytes),
  I8: (bytes) => new Int8Array(bytes),
  U8: (bytes) => new Uint8Array(bytes),
  I64: (bytes, where, at) =>
    Int32Array.from(new BigInt64Array(bytes), (value, i) => {
      if (value === BigInt.asIntN(32, value)) return Number(value);
      throw new FileError(`${where}: expected integers of 32 bits, got ${value} at ${at + i}`);
    }),
  BOOL: (bytes, where, at) => {
    const flags = new Uint8Array(bytes);
    const odd = flags.findIndex((flag) => flag > 1);
    if (odd >= 0) throw new FileError(`${where}: expected 0 or 1 in BOOL, got ${flags[odd]} at ${at + odd}`);
    return flags;
  },
};

/** IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
