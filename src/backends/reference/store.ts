import type { Dtype, TypedArray } from '../../dtype.js';

/** Memory of the reference backend: double precision replaces float32, so that rounding never hides a mistake. */
export function allocate(dtype: Dtype, size: number): TypedArray {
  if (dtype === 'float32') return new Float64Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}
