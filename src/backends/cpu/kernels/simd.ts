// Fused multiply-add of relaxed SIMD. The package ships the kernels compiled with it; for engines that lack it,
// wasm/plain-simd.ts replaces the instructions, so each instruction that kernels use needs a replacement there that
// computes the same as the sources without relaxed SIMD.

/** a * b + c on four float32 lanes. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c - a * b on four float32 lanes. */
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** The sums of the lanes of a, b, c and d, each computed as (v0 + v2) + (v1 + v3). */
@inline
export function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

/** The first `lanes` (0 to 3) lanes of v, and zeros in the others. */
@inline
export function firstLanes(v: v128, lanes: i32): v128 {
  return v128.and(v, v128.gt<i32>(i32x4.splat(lanes), i32x4(0, 1, 2, 3)));
}

/** Stores the first `lanes` lanes: all if it is more than 3, nothing if it is 0. */
@inline
export function storeLanes(to: usize, v: v128, lanes: i32): void {
  if (lanes >= 4) v128.store(to, v);
  else if (lanes > 0) storeSome(to, v, lanes);
}

function storeSome(to: usize, v: v128, lanes: i32): void {
  if (lanes & 2) {
    v128.store64_lane(to, v, 0);
    if (lanes & 1) v128.store32_lane(to, v, 2, 8);
  } else {
    v128.store32_lane(to, v, 0);
  }
}

/** Transposes the 4 x 4 matrix of rows a, b, c, d and stores its rows at to, to + step, ... */
@inline
export function storeTransposed(to: usize, step: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab01 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab23 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd01 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd23 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(ab01, cd01, 0, 2));
  v128.store(to + step, v128.shuffle<f64>(ab01, cd01, 1, 3));
  v128.store(to + 2 * step, v128.shuffle<f64>(ab23, cd23, 0, 2));
  v128.store(to + 3 * step, v128.shuffle<f64>(ab23, cd23, 1, 3));
}
