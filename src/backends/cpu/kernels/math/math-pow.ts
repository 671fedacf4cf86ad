import { HALF, INFINITY, ONE, SIGN, splat, ZERO } from './constants';
import { FRACTION, LEAST_NORMAL, MINUS_INFINITY, MINUS_SHIFT, NORMALISE, SQRT_HALF_BITS } from './math-log';

// |a|^b = 2^(b log2 |a|) in float64, two lanes at a time: float32 would lose as many bits as the exponent takes.

/** Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits. */
const ROUND: f64 = 6755399441055744.0;

/** a * b + c on two float64 lanes. */
function madd64(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** (2^k m)^b of two float64 lanes, m from sqrt(1/2) to sqrt(2), rounded to the float32 lanes 0 and 1. */
function power(m: v128, k: v128, b: v128): v128 {
  const f = f64x2.sub(m, f64x2.splat(1));
  const s = f64x2.div(f, f64x2.add(m, f64x2.splat(1)));
  const z = f64x2.mul(s, s);
  let p = madd64(z, f64x2.splat(0.28295333626770647), f64x2.splat(0.31990210206830305));
  p = madd64(z, p, f64x2.splat(0.41220933674649957));
  p = madd64(z, p, f64x2.splat(0.5770779415645308));
  p = madd64(z, p, f64x2.splat(0.9617966941159684));
  p = madd64(z, p, f64x2.splat(2.8853900817778486));
  let y = f64x2.mul(b, madd64(s, p, k));
  // large enough bounds for float32 to overflow and underflow; in this order of operands NaN passes
  y = f64x2.pmax(f64x2.pmin(y, f64x2.splat(200)), f64x2.splat(-200));
  const t = f64x2.add(y, f64x2.splat(ROUND));
  const r = f64x2.sub(y, f64x2.sub(t, f64x2.splat(ROUND)));
  let e = madd64(r, f64x2.splat(1.5316591259386422e-5), f64x2.splat(0.00015469864398015565));
  e = madd64(r, e, f64x2.splat(0.0013333422094147476));
  e = madd64(r, e, f64x2.splat(0.009618025188922241));
  e = madd64(r, e, f64x2.splat(0.05550410976778826));
  e = madd64(r, e, f64x2.splat(0.24022651216701463));
  e = madd64(r, e, f64x2.splat(0.693147180534823));
  e = madd64(r, e, f64x2.splat(1));
  const scale = i64x2.add(i64x2.shl(t, 52), f64x2.splat(1));
  return f32x4.demote_f64x2_zero(f64x2.mul(e, scale));
}

/** The number of square roots that compute a^b: 1 to 3 if all exponents are 1/2, 1/4 or 1/8, otherwise 0. */
@inline
function roots(b: v128): i32 {
  const first = f32x4.extract_lane(b, 0);
  if (!i32x4.all_true(f32x4.eq(b, f32x4.splat(first)))) return 0;
  return first === 0.5 ? 1 : first === 0.25 ? 2 : first === 0.125 ? 3 : 0;
}

/** a^(1/2), a^(1/4) or a^(1/8) with the special cases of Math.pow: -0 gives 0 and -Infinity gives Infinity. */
@inline
function root(a: v128, n: i32): v128 {
  let y = f32x4.sqrt(f32x4.add(a, splat(ZERO)));
  for (; n > 1; n--) y = f32x4.sqrt(y);
  return v128.bitselect(splat(INFINITY), y, f32x4.eq(a, splat(MINUS_INFINITY)));
}

/** a^b with the special cases of Math.pow: negative bases need integer exponents, and 1^Infinity is NaN. */
export function pow4(a: v128, b: v128): v128 {
  const n = roots(b);
  if (n > 0) return root(a, n); // ten times faster
  const x = f32x4.abs(a);
  const tiny = f32x4.lt(x, splat(LEAST_NORMAL));
  const normal = v128.bitselect(f32x4.mul(x, splat(NORMALISE)), x, tiny);
  const i = i32x4.sub(normal, splat(SQRT_HALF_BITS));
  const m = i32x4.add(v128.and(i, splat(FRACTION)), splat(SQRT_HALF_BITS));
  let k = f32x4.convert_i32x4_s(i32x4.add(i32x4.shr_s(i, 23), v128.and(tiny, splat(MINUS_SHIFT))));
  // log2 of 0 is -Infinity, log2 of Infinity is Infinity, log2 of NaN is NaN
  k = v128.bitselect(splat(MINUS_INFINITY), k, f32x4.eq(x, splat(ZERO)));
  k = v128.bitselect(k, x, f32x4.lt(x, splat(INFINITY)));

  const low = power(f64x2.promote_low_f32x4(m), f64x2.promote_low_f32x4(k), f64x2.promote_low_f32x4(b));
  const high = power(
    f64x2.promote_low_f32x4(v128.shuffle<i32>(m, m, 2, 3, 2, 3)),
    f64x2.promote_low_f32x4(v128.shuffle<i32>(k, k, 2, 3, 2, 3)),
    f64x2.promote_low_f32x4(v128.shuffle<i32>(b, b, 2, 3, 2, 3)),
  );
  let y = v128.shuffle<i32>(low, high, 0, 1, 4, 5);

  const whole = f32x4.eq(f32x4.nearest(b), b);
  const half = f32x4.mul(b, splat(HALF));
  const odd = v128.and(whole, f32x4.ne(f32x4.nearest(half), half));
  y = v128.xor(y, v128.and(v128.and(a, odd), splat(SIGN)));
  const finiteNegative = v128.and(f32x4.lt(a, splat(ZERO)), f32x4.gt(a, splat(MINUS_INFINITY)));
  y = v128.or(y, v128.andnot(finiteNegative, whole)); // all bits set is NaN
  return v128.bitselect(splat(ONE), y, f32x4.eq(b, splat(ZERO)));
}
