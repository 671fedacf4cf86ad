import { madd } from '../simd';
import { ONE, polynomial, splat, ZERO } from './constants';

// x = n pi/2 + r with |r| <= pi/4, computed in float64 so that r is correct to the last bit.

const TWO_OVER_PI: f64 = 0.6366197723675814;
/** pi / 2 in two parts; the first has 25 bits, so that its products with n are exact. */
const HALF_PI_HIGH: f64 = 1.5707963109016418457;
const HALF_PI_LOW: f64 = 1.58932547735281966916e-8;
/** Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits. */
const ROUND: f64 = 6755399441055744.0;
/** Beyond this, n has too many bits, and lanes are computed one at a time. */
const LARGE = memory.data<f32>([268435456.0]);
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
@inline
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
@inline
export function sineOfParts(r: v128, n: v128): v128 {
  const z = f32x4.mul(r, r);
  const s = madd(f32x4.mul(r, z), polynomial(z, SIN, 2), r);
  const c = madd(f32x4.mul(z, z), polynomial(z, COS, 2), madd(z, splat(MINUS_HALF), splat(ONE)));
  const odd = i32x4.shr_s(i32x4.shl(n, 31), 31);
  const sign = i32x4.shl(v128.and(n, i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(c, s, odd), sign);
}

function anyLarge(x: v128): bool {
  return v128.any_true(f32x4.ge(f32x4.abs(x), splat(LARGE)));
}

/** Sine, x in radians. */
export function sin4(x: v128): v128 {
  if (anyLarge(x)) {
    const y = f32x4(0, 0, 0, 0);
    const y0 = f32x4.replace_lane(y, 0, Mathf.sin(f32x4.extract_lane(x, 0)));
    const y1 = f32x4.replace_lane(y0, 1, Mathf.sin(f32x4.extract_lane(x, 1)));
    const y2 = f32x4.replace_lane(y1, 2, Mathf.sin(f32x4.extract_lane(x, 2)));
    return f32x4.replace_lane(y2, 3, Mathf.sin(f32x4.extract_lane(x, 3)));
  }
  return v128.bitselect(x, sine(x, 0), f32x4.eq(x, splat(ZERO))); // the sign of zero
}

/** Cosine, x in radians. */
export function cos4(x: v128): v128 {
  if (anyLarge(x)) {
    const y = f32x4(0, 0, 0, 0);
    const y0 = f32x4.replace_lane(y, 0, Mathf.cos(f32x4.extract_lane(x, 0)));
    const y1 = f32x4.replace_lane(y0, 1, Mathf.cos(f32x4.extract_lane(x, 1)));
    const y2 = f32x4.replace_lane(y1, 2, Mathf.cos(f32x4.extract_lane(x, 2)));
    return f32x4.replace_lane(y2, 3, Mathf.cos(f32x4.extract_lane(x, 3)));
  }
  return sine(x, 1);
}
