import { madd } from '../simd';
import { HALF, ONE, polynomial, SIGN, splat, TWO, ZERO } from './constants';

// Functions built on 2^n * e^r, where n is an integer and |r| <= ln(2) / 2. The polynomials are minimax fits with
// coefficients rounded to float32.

const LOG2_E = memory.data<f32>([1.4426950408889634]);
/** -ln 2 in two parts; the first has 9 bits, so that its products with n are exact. */
const MINUS_LN2_HIGH = memory.data<f32>([-0.693359375]);
const MINUS_LN2_LOW = memory.data<f32>([2.12194440054690583e-4]);
/** Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits. */
const ROUND = memory.data<f32>([12582912.0]);
const ROUND_BITS: i32 = 0x4b400000;
const MINUS_ROUND_BITS = memory.data<i32>([-ROUND_BITS]);
/** The bias of exponents, also less the bits of ROUND. */
const BIAS = memory.data<i32>([127]);
const BIAS_LESS_ROUND = memory.data<i32>([127 - ROUND_BITS]);
const BIAS_LESS_ROUND_HALVED = memory.data<i32>([126 - ROUND_BITS]);

/** Bounds of arguments: e^x overflows above the first and is 0 below the second; e^x - 1 is -1 below the third. */
const MOST = memory.data<f32>([89]);
const LEAST = memory.data<f32>([-104]);
const LEAST_EXPM1 = memory.data<f32>([-20]);
const MOST_TANH = memory.data<f32>([10]);

/** (e^r - 1 - r) / r^2; the error of e^r is 3e-9. */
const EXP = memory.data<f32>([
  0.001382073387503624, 0.008368677459657192, 0.04166826605796814, 0.1666652113199234, 0.4999999403953552,
]);
/** The same, more accurate. */
const EXPM1 = memory.data<f32>([
  0.0001994426711462438, 0.0013932674191892147, 0.008333208039402962, 0.04166648909449577, 0.1666666716337204, 0.5,
]);

/** x / ln 2 to the nearest integer, plus ROUND. */
@inline
function rounded(x: v128): v128 {
  return madd(x, splat(LOG2_E), splat(ROUND));
}

/** x - n ln 2. */
@inline
function remainder(x: v128, n: v128): v128 {
  return madd(n, splat(MINUS_LN2_LOW), madd(n, splat(MINUS_LN2_HIGH), x));
}

/** e^r. */
@inline
function expOfRemainder(r: v128): v128 {
  return f32x4.add(madd(f32x4.mul(r, r), polynomial(r, EXP, 4), r), splat(ONE));
}

/** The float32 2^n of an int32 n from -126 to 127. */
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, splat(BIAS)), 23);
}

@inline
function exp(x: v128): v128 {
  // pmin and pmax with the constant second let NaN pass
  x = f32x4.pmax(f32x4.pmin(x, splat(MOST)), splat(LEAST));
  const t = rounded(x);
  const n = i32x4.add(t, splat(MINUS_ROUND_BITS));
  const p = expOfRemainder(remainder(x, f32x4.sub(t, splat(ROUND))));
  // two factors can give denormal results and infinity, which one power of two cannot
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/** e^x. */
export function exp4(x: v128): v128 {
  return exp(x);
}

/** e^x - 1 for -20 <= x <= 89 or NaN. */
@inline
function expm1InRange(x: v128): v128 {
  const t = rounded(x);
  const n = f32x4.sub(t, splat(ROUND));
  const r = remainder(x, n);
  const p = madd(f32x4.mul(r, r), polynomial(r, EXPM1, 5), r); // e^r - 1
  // 2^n (p + 1) - 1 as twice 2^(n-1) p + (2^(n-1) - 1/2): exact where n = 0, finite where n = 128
  const scale = i32x4.shl(i32x4.add(t, splat(BIAS_LESS_ROUND_HALVED)), 23);
  const y = madd(scale, p, f32x4.sub(scale, splat(HALF)));
  return f32x4.add(y, y);
}

/** e^x - 1, accurate near 0. */
export function expm1_4(x: v128): v128 {
  const y = expm1InRange(f32x4.pmax(f32x4.pmin(x, splat(MOST)), splat(LEAST_EXPM1)));
  return v128.bitselect(x, y, f32x4.eq(x, splat(ZERO))); // the sign of zero
}

/** tanh x = (e^2x - 1) / (e^2x + 1). */
export function tanh4(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), splat(MOST_TANH));
  const e = expm1InRange(f32x4.add(a, a));
  return v128.bitselect(x, f32x4.div(e, f32x4.add(e, splat(TWO))), splat(SIGN));
}

/** 1 / (1 + e^-x), from e^-|x| so that small results keep their accuracy. */
export function sigmoid4(x: v128): v128 {
  const e = exp(v128.or(x, splat(SIGN)));
  const numerator = v128.bitselect(e, splat(ONE), f32x4.lt(x, splat(ZERO)));
  return f32x4.div(numerator, f32x4.add(e, splat(ONE)));
}

/** (erf x - x) / x for small x, in powers of x^2. */
const ERF_NEAR = memory.data<f32>([
  -0.0006391101633198559, 0.00506469514220953, -0.026811229065060616, 0.11282952129840851, -0.3761259615421295,
  0.12837916612625122,
]);
/** log erfc |x| from there on. */
const ERF_FAR = memory.data<f32>([
  0.00020432709425222129, -0.00312402774579823, 0.022542772814631462, -0.10457316786050797, -0.636467456817627,
  -1.1280901432037354, -9.782425331650302e-5,
]);
const ERF_BOUND = memory.data<f32>([0.84375]);
/** erf 4 rounds to 1. */
const MOST_ERF = memory.data<f32>([4]);

/** The error function: odd polynomial up to 0.84375, from there 1 - e^q(|x|) where q is a fit of log erfc. */
export function erf4(x: v128): v128 {
  const near = madd(x, polynomial(f32x4.mul(x, x), ERF_NEAR, 5), x);
  const a = f32x4.pmin(f32x4.abs(x), splat(MOST_ERF));
  const q = polynomial(a, ERF_FAR, 6);
  const t = rounded(q);
  const e = expOfRemainder(remainder(q, f32x4.sub(t, splat(ROUND))));
  const scale = i32x4.shl(i32x4.add(t, splat(BIAS_LESS_ROUND)), 23);
  const far = v128.bitselect(x, f32x4.sub(splat(ONE), f32x4.mul(e, scale)), splat(SIGN));
  return v128.bitselect(near, far, f32x4.lt(a, splat(ERF_BOUND)));
}
