// Fused multiply-add where the engine has relaxed SIMD; the build makes one module with and one without it.

/** a * b + c on four float32 lanes. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
