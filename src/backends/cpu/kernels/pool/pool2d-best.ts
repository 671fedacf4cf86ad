// The choice of the largest element: the first of equal ones, or the first NaN.

/** Lanes of a where the mask is set, of b elsewhere. */
export function select(a: v128, b: v128, mask: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_laneselect(a, b, mask);
  return v128.bitselect(a, b, mask);
}

/** Whether a value is greater than the best one so far, or NaN where there was none. */
export function isBetter(value: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(value, best));
}
