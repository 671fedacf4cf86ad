import { madd } from '../simd';

// Functions built on 2^n * e^r, where n is an integer and |r| <= ln(2) / 2. The polynomials are minimax fits with
// coefficients rounded to float32.

const LOG2_E: f32 = 1.4426950408889634;
/** ln 2 in two parts; the first has 9 bits, so that its products with n are exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440054690583e-4;
/** Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits. */
const ROUND: f32 = 12582912.0;
const ROUND_BITS: i32 = 0x4b400000;
const SIGN: i32 = 0x80000000;

function real(x: f32): v128 {
  return f32x4.splat(x);
}

/** x / ln 2 to the nearest integer, plus ROUND. */
function rounded(x: v128): v128 {
  return madd(x, real(LOG2_E), real(ROUND));
}

/** x - n ln 2. */
function remainder(x: v128, n: v128): v128 {
  return madd(n, real(-LN2_LOW), madd(n, real(-LN2_HIGH), x));
}

/** e^r; error of the polynomial 3e-9. */
function expOfRemainder(r: v128): v128 {
  let q = madd(r, real(0.001382073387503624), real(0.008368677459657192));
  q = madd(r, q, real(0.04166826605796814));
  q = madd(r, q, real(0.1666652113199234));
  q = madd(r, q, real(0.4999999403953552));
  return f32x4.add(madd(f32x4.mul(r, r), q, r), real(1));
}

/** The float32 2^n of an int32 n from -126 to 127. */
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** e^x. */
export function exp4(x: v128): v128 {
  // pmin and pmax with the constant second let NaN pass
  x = f32x4.pmax(f32x4.pmin(x, real(89)), real(-104));
  const t = rounded(x);
  const n = i32x4.sub(t, i32x4.splat(ROUND_BITS));
  const p = expOfRemainder(remainder(x, f32x4.sub(t, real(ROUND))));
  // two factors can give denormal results and infinity, which one power of two cannot
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/** e^x - 1 for -20 <= x <= 89 or NaN. */
function expm1InRange(x: v128): v128 {
  const t = rounded(x);
  const n = f32x4.sub(t, real(ROUND));
  const r = remainder(x, n);
  let q = madd(r, real(0.0001994426711462438), real(0.0013932674191892147));
  q = madd(r, q, real(0.008333208039402962));
  q = madd(r, q, real(0.04166648909449577));
  q = madd(r, q, real(0.1666666716337204));
  q = madd(r, q, real(0.5));
  const p = madd(f32x4.mul(r, r), q, r); // e^r - 1
  // 2^n (p + 1) - 1 as twice 2^(n-1) p + (2^(n-1) - 1/2): exact where n = 0, finite where n = 128
  const scale = i32x4.shl(i32x4.add(t, i32x4.splat(126 - ROUND_BITS)), 23);
  const y = madd(scale, p, f32x4.sub(scale, real(0.5)));
  return f32x4.add(y, y);
}

/** e^x - 1, accurate near 0. */
export function expm1_4(x: v128): v128 {
  const y = expm1InRange(f32x4.pmax(f32x4.pmin(x, real(89)), real(-20)));
  return v128.bitselect(x, y, f32x4.eq(x, real(0))); // the sign of zero
}

/** tanh x = (e^2x - 1) / (e^2x + 1). */
export function tanh4(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), real(10));
  const e = expm1InRange(f32x4.add(a, a));
  return v128.bitselect(x, f32x4.div(e, f32x4.add(e, real(2))), i32x4.splat(SIGN));
}

/** 1 / (1 + e^-x), from e^-|x| so that small results keep their accuracy. */
export function sigmoid4(x: v128): v128 {
  const e = exp4(v128.or(x, i32x4.splat(SIGN)));
  const numerator = v128.bitselect(e, real(1), f32x4.lt(x, real(0)));
  return f32x4.div(numerator, f32x4.add(e, real(1)));
}

/** The error function: odd polynomial up to 0.84375, from there 1 - e^q(|x|) where q is a fit of log erfc. */
export function erf4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = madd(z, real(-0.0006391101633198559), real(0.00506469514220953));
  p = madd(z, p, real(-0.026811229065060616));
  p = madd(z, p, real(0.11282952129840851));
  p = madd(z, p, real(-0.3761259615421295));
  p = madd(z, p, real(0.12837916612625122));
  const near = madd(x, p, x);

  const a = f32x4.pmin(f32x4.abs(x), real(4)); // erf 4 rounds to 1
  let q = madd(a, real(0.00020432709425222129), real(-0.00312402774579823));
  q = madd(a, q, real(0.022542772814631462));
  q = madd(a, q, real(-0.10457316786050797));
  q = madd(a, q, real(-0.636467456817627));
  q = madd(a, q, real(-1.1280901432037354));
  q = madd(a, q, real(-9.782425331650302e-5));
  const t = rounded(q);
  const e = expOfRemainder(remainder(q, f32x4.sub(t, real(ROUND))));
  const scale = powerOfTwo(i32x4.sub(t, i32x4.splat(ROUND_BITS)));
  const far = v128.bitselect(x, f32x4.sub(real(1), f32x4.mul(e, scale)), i32x4.splat(SIGN));
  return v128.bitselect(near, far, f32x4.lt(a, real(0.84375)));
}
