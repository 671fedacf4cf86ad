import type { Dtype, TypedArray } from '../dtype.js';
import { FileError } from '../errors.js';
import type { FileDtype } from './safetensors-header.js';

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

/**
 * Returns the bytes of a tensor's values as stored in the file, little-endian. Doubles of the `reference` device are
 * rounded to float32.
 */
export function bytesOfValues(values: TypedArray): Uint8Array {
  const stored = values instanceof Float64Array ? Float32Array.from(values) : values;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/**
 * Returns the values of a tensor from the bytes of a file. Doubles are rounded to float32, halves widened.
 * @throws FileError for 64-bit integers beyond int32 and for BOOL bytes other than 0 and 1.
 */
export function valuesOfBytes(
  where: string,
  dtype: FileDtype,
  bytes: Uint8Array,
): Float32Array | Int32Array | Uint8Array {
  // A copy starts at an offset that every typed array accepts.
  const { buffer } = bytes.byteOffset % 8 === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case 'BF16':
      // A bfloat16 is the upper half of a float32.
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'I16':
      return Int32Array.from(new Int16Array(buffer));
    case 'U16':
      return Int32Array.from(new Uint16Array(buffer));
    case 'I8':
      return Int32Array.from(new Int8Array(buffer));
    case 'I64':
      return narrow(where, new BigInt64Array(buffer));
    case 'BOOL': {
      const flags = new Uint8Array(buffer);
      const odd = flags.findIndex((flag) => flag > 1);
      if (odd >= 0) throw new FileError(`${where}: expected 0 or 1 in BOOL, got ${flags[odd]} at ${odd}`);
      return flags;
    }
    case 'U8':
      return new Uint8Array(buffer);
  }
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function narrow(where: string, values: BigInt64Array): Int32Array {
  return Int32Array.from(values, (value, i) => {
    if (value === BigInt.asIntN(32, value)) return Number(value);
    throw new FileError(`${where}: expected integers of 32 bits, got ${value} at ${i}`);
  });
}
