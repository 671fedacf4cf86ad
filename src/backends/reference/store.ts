import type { Dtype, TypedArray } from '../../dtype.js';

/** Memory of the reference backend: double precision stands in for float32, so that rounding never hides a mistake. */
export function allocate(dtype: Dtype, size: number): TypedArray {
  if (dtype === 'float32') return new Float64Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

/** The value that a store into `dtype` keeps; see Backend for the rule. */
export function convert(dtype: Dtype, value: number): number {
  switch (dtype) {
    case 'float32':
      return value;
    case 'int32':
      return saturate(value, -2147483648, 2147483647);
    case 'uint8':
      return saturate(value, 0, 255);
    case 'bool':
      return value !== 0 ? 1 : 0;
  }
}

function saturate(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.min(high, Math.max(low, Math.trunc(value)));
}
