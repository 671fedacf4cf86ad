import type { Dtype, TypedArray } from '../dtype.js';

/** Values as the device keeps them: float32, converted as by a store into the dtype. */
export function fromHost(dtype: Dtype, values: ArrayLike<number>): Float32Array {
  if (dtype === 'float32') return Float32Array.from(values);
  return Float32Array.from(toHost(dtype, values));
}

/** Values of the device in the array of their dtype. */
export function toHost(dtype: Dtype, values: ArrayLike<number>): TypedArray {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(values);
    case 'int32':
      return Int32Array.from(values, (x) => Math.max(-2147483648, Math.min(2147483647, Math.trunc(x) || 0)));
    case 'uint8':
      return Uint8Array.from(values, (x) => Math.max(0, Math.min(255, Math.trunc(x) || 0)));
    case 'bool':
      return Uint8Array.from(values, (x) => Number(x !== 0));
  }
}
