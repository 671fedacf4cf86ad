import { log4 } from './math/math-log';
import { sineOfParts } from './math/math-trig';
import { storeTransposed } from './simd';
import { firstOf, pointer, real, word } from './words';

// Philox 4x32-10 (Salmon et al., SC 2011), four blocks side by side: vector i holds word i of each block.

// Words: out, groups of 16 elements, tasks, kind, seed (low, high), counter (low, high), then two numbers.
const OUT = 0;
const GROUPS = 1;
const TASKS = 2;
const KIND = 3;
const SEED = 4;
const COUNTER = 6;
const FIRST = 8;
const SECOND = 9;

/** low + span * u; numbers: low, span. */
const UNIFORM = 0;
/** mean + std * z; numbers: mean, std. */
const NORMAL = 1;

/** Bytes that a group of four blocks fills. */
const GROUP: usize = 64;

/** Fills a tensor with random numbers of one distribution; arguments as above. */
export function random(args: usize, task: i32, _thread: i32): void {
  const groups = word(args, GROUPS);
  const tasks = word(args, TASKS);
  const end = firstOf(task + 1, tasks, groups);
  const counter = load<u64>(args + 4 * COUNTER);
  for (let group = firstOf(task, tasks, groups); group < end; group++) {
    philox(args, pointer(args, OUT) + <usize>group * GROUP, counter + ((<u64>group) << 2));
  }
}

function philox(args: usize, out: usize, counter: u64): void {
  const low = i64x2.add(i64x2.splat(counter), i64x2(0, 1));
  const high = i64x2.add(i64x2.splat(counter), i64x2(2, 3));
  let c0 = evens(low, high);
  let c1 = odds(low, high);
  let c2 = i32x4.splat(0);
  let c3 = i32x4.splat(0);
  let k0 = word(args, SEED);
  let k1 = word(args, SEED + 1);
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  for (let round = 0; round < 10; round++) {
    const low0 = i64x2.extmul_low_i32x4_u(c0, m0);
    const high0 = i64x2.extmul_high_i32x4_u(c0, m0);
    const low1 = i64x2.extmul_low_i32x4_u(c2, m1);
    const high1 = i64x2.extmul_high_i32x4_u(c2, m1);
    c0 = v128.xor(v128.xor(odds(low1, high1), c1), i32x4.splat(k0));
    c1 = evens(low1, high1);
    c2 = v128.xor(v128.xor(odds(low0, high0), c3), i32x4.splat(k1));
    c3 = evens(low0, high0);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  const kind = word(args, KIND);
  if (kind == UNIFORM) {
    storeTransposed(out, 16, uniform(args, c0), uniform(args, c1), uniform(args, c2), uniform(args, c3));
  } else if (kind == NORMAL) {
    const radius01 = radius(c0);
    const radius23 = radius(c2);
    storeTransposed(
      out,
      16,
      normal(args, radius01, c1, 1),
      normal(args, radius01, c1, 0),
      normal(args, radius23, c3, 1),
      normal(args, radius23, c3, 0),
    );
  } else storeTransposed(out, 16, integer(args, c0), integer(args, c1), integer(args, c2), integer(args, c3));
}

/** Lower halves of four 64-bit numbers. */
function evens(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

/** Upper halves of four 64-bit numbers. */
function odds(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

function uniform(args: usize, words: v128): v128 {
  const unit = f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(words, 8)), f32x4.splat(1.0 / 16777216));
  return f32x4.add(f32x4.splat(real(args, FIRST)), f32x4.mul(unit, f32x4.splat(real(args, SECOND))));
}

/** Radius of a pair of normal numbers: sqrt(-2 log u) with u in (0, 1]. */
function radius(words: v128): v128 {
  const whole = i32x4.add(i32x4.shr_u(words, 8), i32x4.splat(1));
  const u = f32x4.mul(f32x4.convert_i32x4_u(whole), f32x4.splat(1.0 / 16777216));
  return f32x4.sqrt(f32x4.mul(f32x4.splat(-2), log4(u)));
}

/**
 * Radius times sine (turn 0) or cosine (turn 1) of the angle; integer arithmetic finds its nearest quarter turn
 * exactly.
 */
function normal(args: usize, radius: v128, words: v128, turn: i32): v128 {
  const angle = i32x4.shr_u(words, 8); // 2^24 is a full turn
  const quarter = i32x4.shr_u(i32x4.add(angle, i32x4.splat(1 << 21)), 22);
  const rest = f32x4.convert_i32x4_s(i32x4.sub(angle, i32x4.shl(quarter, 22)));
  const r = f32x4.mul(rest, f32x4.splat(3.7450702829238413e-7)); // 2 pi / 2^24
  const z = f32x4.mul(radius, sineOfParts(r, i32x4.add(quarter, i32x4.splat(turn))));
  return f32x4.add(f32x4.splat(real(args, FIRST)), f32x4.mul(z, f32x4.splat(real(args, SECOND))));
}

/** low + floor(word / 2^32 * span) in double precision; numbers: low (int32), span / 2^32 (float64). */
function integer(args: usize, words: v128): v128 {
  const low = integerPair(args, words);
  const high = integerPair(args, v128.shuffle<i64>(words, words, 1, 1));
  return v128.shuffle<i64>(low, high, 0, 2);
}

function integerPair(args: usize, words: v128): v128 {
  const scaled = f64x2.mul(f64x2.convert_low_i32x4_u(words), f64x2.splat(load<f64>(args + 4 * (SECOND + 1))));
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.add(f64x2.floor(scaled), f64x2.splat(<f64>word(args, FIRST))));
}
