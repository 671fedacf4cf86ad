import { madd } from '../simd';

// x = 2^k m with m from sqrt(1/2) to sqrt(2); log m = 2 atanh(s) with s = (m - 1) / (m + 1).

const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440054690583e-4;
/** Bits of sqrt(1/2). */
export const SQRT_HALF_BITS: i32 = 0x3f3504f3;

function real(x: f32): v128 {
  return f32x4.splat(x);
}

/** log x + c for positive finite x, normal or not. */
function logPlus(x: v128, c: v128): v128 {
  const tiny = f32x4.lt(x, real(1.1754943508222875e-38));
  const normal = v128.bitselect(f32x4.mul(x, real(8388608)), x, tiny);
  const i = i32x4.sub(normal, i32x4.splat(SQRT_HALF_BITS));
  const exponent = i32x4.add(i32x4.shr_s(i, 23), v128.and(tiny, i32x4.splat(-23)));
  const k = f32x4.convert_i32x4_s(exponent);
  const m = i32x4.add(v128.and(i, i32x4.splat(0x7fffff)), i32x4.splat(SQRT_HALF_BITS));
  const f = f32x4.sub(m, real(1));
  const s = f32x4.div(f, f32x4.add(f, real(2)));
  const z = f32x4.mul(s, s);
  let p = madd(z, real(0.29872122406959534), real(0.39977553486824036));
  p = f32x4.mul(z, madd(z, p, real(0.6666677594184875)));
  // 2 atanh s = f - f^2/2 + s (f^2/2 + p): the largest term is exact
  const half = f32x4.mul(f32x4.mul(f, f), real(0.5));
  const rest = madd(s, f32x4.add(half, p), madd(k, real(LN2_LOW), c));
  return madd(k, real(LN2_HIGH), f32x4.sub(f, f32x4.sub(half, rest)));
}

/** y, the logarithm of x, corrected where x is 0, negative, infinite or NaN. */
function special(x: v128, y: v128): v128 {
  y = v128.bitselect(x, y, f32x4.eq(x, real(Infinity)));
  y = v128.bitselect(real(-Infinity), y, f32x4.eq(x, real(0)));
  return v128.or(y, v128.not(f32x4.ge(x, real(0)))); // all bits set is NaN
}

/** Natural logarithm. */
export function log4(x: v128): v128 {
  return special(x, logPlus(x, real(0)));
}

/** log(1 + x), accurate near 0: a correction adds what 1 + x loses by rounding. */
export function log1p4(x: v128): v128 {
  const u = f32x4.add(x, real(1));
  const back = f32x4.sub(u, real(1));
  const lost = f32x4.add(f32x4.sub(real(1), f32x4.sub(u, back)), f32x4.sub(x, back));
  const y = special(u, logPlus(u, f32x4.div(lost, u)));
  return v128.bitselect(x, y, f32x4.eq(x, real(0))); // the sign of zero
}
