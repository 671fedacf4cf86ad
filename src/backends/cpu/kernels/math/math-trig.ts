import { madd } from '../simd';
import { ONE, polynomial, splat, ZERO } from './constants';

// x = n pi/2 + r with |r| <= pi/4, computed in float64 so that r is correct to the last bit.

const TWO_OVER_PI: f64 = 0.6366197723675814;
/** pi / 2 in two parts; the first has 25 bits, so that its products with n are exact. */
const HALF_PI_HIGH: f64 = 1.5707963109016418457;
const HALF_PI_LOW: f64 = 1.58932547735281966916e-8;
/** Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits. */
const ROUND: f64 = 6755399441055744.0;
/** From here on, n has too many bits, and lanes are computed one at a time. */
const LARGEST: f32 = 268435456.0;
const LARGE = memory.data<f32>([LARGEST]);
const MINUS_HALF = memory.data<f32>([-0.5]);
/** (sin r - r) / r^3 and (cos r - 1 + r^2 / 2) / r^4 in powers of r^2; the errors are 4e-9 and 1e-10. */
const SIN = memory.data<f32>([-0.00019518598855938762, 0.008332191035151482, -0.16666655242443085]);
const COS = memory.data<f32>([2.443066841806285e-5, -0.00138873013202101, 0.04166664555668831]);

/** x - n pi/2 of two float64 lanes; `t` is n + ROUND. */
@inline
function remainder(x: v128, t: v128): v128 {
  const n = f64x2.sub(t, f64x2.splat(ROUND));
  const r = f64x2.sub(x, f64x2.mul(n, f64x2.splat(HALF_PI_HIGH)));
  return f64x2.sub(r, f64x2.mul(n, f64x2.splat(HALF_PI_LOW)));
}

/** sin(r + (n + turn) pi/2), where x = r + n pi/2. */
function sine(x: v128, turn: i32): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
  const tLow = f64x2.add(f64x2.mul(low, f64x2.splat(TWO_OVER_PI)), f64x2.splat(ROUND));
  const tHigh = f64x2.add(f64x2.mul(high, f64x2.splat(TWO_OVER_PI)), f64x2.splat(ROUND));
  const n = i32x4.add(v128.shuffle<i32>(tLow, tHigh, 0, 2, 4, 6), i32x4.splat(turn));
  const rLow = f32x4.demote_f64x2_zero(remainder(low, tLow));
  const rHigh = f32x4.demote_f64x2_zero(remainder(high, tHigh));
  return sineOfParts(v128.shuffle<i32>(rLow, rHigh, 0, 1, 4, 5), n);
}

/** sin(r + n pi/2) for |r| <= pi/4 and int32 n. */
export function sineOfParts(r: v128, n: v128): v128 {
  const z = f32x4.mul(r, r);
  const s = madd(f32x4.mul(r, z), polynomial(z, SIN, 2), r);
  const c = madd(f32x4.mul(z, z), polynomial(z, COS, 2), madd(z, splat(MINUS_HALF), splat(ONE)));
  const odd = i32x4.shr_s(i32x4.shl(n, 31), 31);
  const sign = i32x4.shl(v128.and(n, i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(c, s, odd), sign);
}

/** The first 224 bits of 2 / pi after the binary point. */
const TWO_OVER_PI_BITS = memory.data<u32>([
  0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab,
]);
/** pi / 2 in units of 2^-62. */
const HALF_PI_UNIT: f64 = 1.5707963267948966 / 4611686018427387904.0;

/** The 32 bits of 2 / pi from bit `first` on. */
function bitsFrom(first: u32): u64 {
  const at = TWO_OVER_PI_BITS + <usize>((first >> 5) << 2);
  return (((<u64>load<u32>(at) << 32) | <u64>load<u32>(at, 4)) << (first & 31)) >> 32;
}

/**
 * x 2/pi modulo 4, for the bits of x with |x| >= 2^28, in units of 2^-62 (Payne and Hanek, 1983): bits of 2 / pi whose
 * products with x are multiples of 4 are left out, and those after the next 96 have no effect.
 */
function turns(bits: u32): u64 {
  const first = ((bits >> 23) & 255) - 152;
  const mantissa = <u64>((bits & 0x7fffff) | 0x800000);
  const high = mantissa * bitsFrom(first), middle = mantissa * bitsFrom(first + 32);
  const product = (high << 32) + middle + ((mantissa * bitsFrom(first + 64)) >> 32);
  return <i32>bits < 0 ? -product : product;
}

/** sin(x + turn pi/2) of one number, of any size. */
function sineOf(x: f32, turn: i32): f32 {
  if (!(abs(x) >= LARGEST)) return f32x4.extract_lane(sine(f32x4.splat(x), turn), 0);
  if (!isFinite(x)) return NaN;
  const q = turns(reinterpret<u32>(x));
  const n = (q + (1 << 61)) >> 62;
  const r = <f64>(<i64>(q - (n << 62))) * HALF_PI_UNIT;
  return f32x4.extract_lane(sineOfParts(f32x4.splat(<f32>r), i32x4.splat(<i32>n + turn)), 0);
}

/** The same for four numbers, one after the other. */
function sineOfEach(x: v128, turn: i32): v128 {
  return f32x4(
    sineOf(f32x4.extract_lane(x, 0), turn), sineOf(f32x4.extract_lane(x, 1), turn),
    sineOf(f32x4.extract_lane(x, 2), turn), sineOf(f32x4.extract_lane(x, 3), turn),
  );
}

function anyLarge(x: v128): bool {
  return v128.any_true(f32x4.ge(f32x4.abs(x), splat(LARGE)));
}

/** Sine, x in radians. */
export function sin4(x: v128): v128 {
  if (anyLarge(x)) return sineOfEach(x, 0);
  return v128.bitselect(x, sine(x, 0), f32x4.eq(x, splat(ZERO))); // the sign of zero
}

/** Cosine, x in radians. */
export function cos4(x: v128): v128 {
  return anyLarge(x) ? sineOfEach(x, 1) : sine(x, 1);
}
