import type { Dtype } from '../../dtype.js';

/** The types of elements in files, by number: their names, sizes in bytes, and the dtype that they are read as. */
export const dataTypes: Readonly<Record<number, DataType>> = {
  1: { name: 'FLOAT', width: 4, dtype: 'float32' },
  2: { name: 'UINT8', width: 1, dtype: 'uint8' },
  3: { name: 'INT8', width: 1, dtype: 'int32' },
  4: { name: 'UINT16', width: 2, dtype: 'int32' },
  5: { name: 'INT16', width: 2, dtype: 'int32' },
  6: { name: 'INT32', width: 4, dtype: 'int32' },
  7: { name: 'INT64', width: 8, dtype: 'int32' },
  9: { name: 'BOOL', width: 1, dtype: 'bool' },
  10: { name: 'FLOAT16', width: 2, dtype: 'float32' },
  11: { name: 'DOUBLE', width: 8, dtype: 'float32' },
  16: { name: 'BFLOAT16', width: 2, dtype: 'float32' },
};

/** A type of elements. */
export interface DataType {
  readonly name: string;
  readonly width: number;
  readonly dtype: Dtype;
}

/** The numbers of the types that antinode writes. */
export const dataTypeNumbers: Readonly<Record<Dtype | 'int64', number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
};
