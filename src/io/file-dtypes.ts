import type { Dtype } from '../dtype.js';

/** Arrays that hold elements of files without conversion. */
export type RawArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

interface Row {
  /** Size of an element. */
  readonly bytes: number;
  /** The dtype of tensors that elements are read as; null for complex numbers. */
  readonly dtype: Dtype | null;
  readonly array: new (buffer: ArrayBuffer) => RawArray;
}

const row = (bytes: number, dtype: Dtype | null, array: Row['array']): Row => ({ bytes, dtype, array });

/**
 * Element types of files by PyTorch's names. Raw arrays hold the bits of floats of 8 and 16 bits, and real and imaginary
 * parts of complex numbers in turn.
 */
export const fileDtypes = {
  float64: row(8, 'float32', Float64Array),
  float32: row(4, 'float32', Float32Array),
  float16: row(2, 'float32', Uint16Array),
  bfloat16: row(2, 'float32', Uint16Array),
  float8_e4m3fn: row(1, 'float32', Uint8Array),
  float8_e5m2: row(1, 'float32', Uint8Array),
  int64: row(8, 'int32', BigInt64Array),
  int32: row(4, 'int32', Int32Array),
  int16: row(2, 'int32', Int16Array),
  int8: row(1, 'int32', Int8Array),
  uint64: row(8, 'int32', BigUint64Array),
  uint32: row(4, 'int32', Uint32Array),
  uint16: row(2, 'int32', Uint16Array),
  uint8: row(1, 'uint8', Uint8Array),
  bool: row(1, 'bool', Uint8Array),
  complex64: row(8, null, Float32Array),
  complex128: row(16, null, Float64Array),
} as const satisfies Record<string, Row>;

/** An element type of files. */
export type FileDtype = keyof typeof fileDtypes;

/** A tensor as a file stores it: little-endian elements of a typed array, row-major. */
export interface RawTensor {
  readonly dtype: FileDtype;
  readonly shape: readonly number[];
  /** For `float16`, `bfloat16` and `float8_*` the bits of each element; for complex numbers two elements for each. */
  readonly data: RawArray;
}
