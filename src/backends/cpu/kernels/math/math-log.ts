import { madd } from '../simd';
import { HALF, INFINITY, ONE, polynomial, splat, TWO, ZERO } from './constants';

// x = 2^k m with m from sqrt(1/2) to sqrt(2); log m = 2 atanh(s) with s = (m - 1) / (m + 1).

const LN2_HIGH = memory.data<f32>([0.693359375]);
const LN2_LOW = memory.data<f32>([-2.12194440054690583e-4]);
/** Bits of sqrt(1/2). */
export const SQRT_HALF_BITS = memory.data<i32>([0x3f3504f3]);
/** The smallest normal number, the factor 2^23 that makes others normal, and its exponent. */
export const LEAST_NORMAL = memory.data<f32>([1.1754943508222875e-38]);
export const NORMALISE = memory.data<f32>([8388608]);
export const MINUS_SHIFT = memory.data<i32>([-23]);
/** The bits of the fraction. */
export const FRACTION = memory.data<i32>([0x7fffff]);
export const MINUS_INFINITY = memory.data<f32>([-Infinity]);
/** (2 atanh s - 2 s) / s in powers of s^2, without the factor s^2. */
const LOG = memory.data<f32>([0.29872122406959534, 0.39977553486824036, 0.6666677594184875]);

/** log x + c for positive finite x, normal or not. */
@inline
function logPlus(x: v128, c: v128): v128 {
  const tiny = f32x4.lt(x, splat(LEAST_NORMAL));
  const normal = v128.bitselect(f32x4.mul(x, splat(NORMALISE)), x, tiny);
  const i = i32x4.sub(normal, splat(SQRT_HALF_BITS));
  const exponent = i32x4.add(i32x4.shr_s(i, 23), v128.and(tiny, splat(MINUS_SHIFT)));
  const k = f32x4.convert_i32x4_s(exponent);
  const m = i32x4.add(v128.and(i, splat(FRACTION)), splat(SQRT_HALF_BITS));
  const f = f32x4.sub(m, splat(ONE));
  const s = f32x4.div(f, f32x4.add(f, splat(TWO)));
  const z = f32x4.mul(s, s);
  const p = f32x4.mul(z, polynomial(z, LOG, 2));
  // 2 atanh s = f - f^2/2 + s (f^2/2 + p): the largest term is exact
  const half = f32x4.mul(f32x4.mul(f, f), splat(HALF));
  const rest = madd(s, f32x4.add(half, p), madd(k, splat(LN2_LOW), c));
  return madd(k, splat(LN2_HIGH), f32x4.sub(f, f32x4.sub(half, rest)));
}

/** y, the logarithm of x, corrected where x is 0, negative, infinite or NaN. */
@inline
function special(x: v128, y: v128): v128 {
  y = v128.bitselect(x, y, f32x4.eq(x, splat(INFINITY)));
  y = v128.bitselect(splat(MINUS_INFINITY), y, f32x4.eq(x, splat(ZERO)));
  return v128.or(y, v128.not(f32x4.ge(x, splat(ZERO)))); // all bits set is NaN
}

/** Natural logarithm. */
export function log4(x: v128): v128 {
  return special(x, logPlus(x, splat(ZERO)));
}

/** log(1 + x), accurate near 0: a correction adds what 1 + x loses by rounding. */
export function log1p4(x: v128): v128 {
  const u = f32x4.add(x, splat(ONE));
  const back = f32x4.sub(u, splat(ONE));
  const lost = f32x4.add(f32x4.sub(splat(ONE), f32x4.sub(u, back)), f32x4.sub(x, back));
  const y = special(u, logPlus(u, f32x4.div(lost, u)));
  return v128.bitselect(x, y, f32x4.eq(x, splat(ZERO))); // the sign of zero
}
