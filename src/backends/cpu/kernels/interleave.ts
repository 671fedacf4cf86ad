import { storeTransposed } from './simd';

// Layouts with 8 channels side by side: kernels compute 8 channels of one place at a time.

/**
 * Copies eight rows of floats side by side: to[i][lane] = rows[lane][i] for i < count; up to three more places are
 * written.
 *
 * @param rows pointers to the rows
 */
export function interleave(to: usize, rows: usize, count: i32): void {
  let r0 = load<usize>(rows), r1 = load<usize>(rows, 4), r2 = load<usize>(rows, 8), r3 = load<usize>(rows, 12);
  let r4 = load<usize>(rows, 16), r5 = load<usize>(rows, 20), r6 = load<usize>(rows, 24), r7 = load<usize>(rows, 28);
  for (const end = r0 + <usize>count * 4; r0 < end; to += 128) {
    storeTransposed(to, 32, v128.load(r0), v128.load(r1), v128.load(r2), v128.load(r3));
    storeTransposed(to + 16, 32, v128.load(r4), v128.load(r5), v128.load(r6), v128.load(r7));
    r0 += 16, r1 += 16, r2 += 16, r3 += 16, r4 += 16, r5 += 16, r6 += 16, r7 += 16;
  }
}

/** Writes pointers to eight rows, `step` bytes apart; those beyond the first `count` point to `zeros`. */
export function listRows(to: usize, from: usize, step: usize, count: i32, zeros: usize): void {
  for (let lane = 0; lane < 8; lane++, to += 4, from += step) store<usize>(to, lane < count ? from : zeros);
}

/** Writes from[place][lane] of 4 neighbouring places to to + lane * laneStep + place * 4. */
export function storeTile(to: usize, laneStep: usize, from: usize, lanes: i32): void {
  storeTileOf(to, laneStep, from, from + 32, from + 64, from + 96, lanes);
}

/** The same for four places anywhere. */
export function storeTileOf(
  to: usize, laneStep: usize, p0: usize, p1: usize, p2: usize, p3: usize, lanes: i32,
): void {
  if (lanes >= 4) storeTransposed(to, laneStep, v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3));
  if (lanes >= 8) {
    const a = v128.load(p0, 16), b = v128.load(p1, 16), c = v128.load(p2, 16), d = v128.load(p3, 16);
    return storeTransposed(to + 4 * laneStep, laneStep, a, b, c, d);
  }
  // the lanes after the first four, or all if they are fewer
  const rest = lanes & 3, after: usize = lanes >= 4 ? 16 : 0;
  to += after * (laneStep >> 2);
  storePlace(to, laneStep, p0 + after, rest), storePlace(to + 4, laneStep, p1 + after, rest);
  storePlace(to + 8, laneStep, p2 + after, rest), storePlace(to + 12, laneStep, p3 + after, rest);
}

/** Does the same one place at a time, for `places` places. */
export function storePlaces(to: usize, laneStep: usize, from: usize, lanes: i32, places: i32): void {
  for (let i = 0; i < places; i++, to += 4, from += 32) storePlace(to, laneStep, from, lanes);
}

/** Writes from[lane] of one place to to + lane * laneStep. */
export function storePlace(to: usize, laneStep: usize, from: usize, lanes: i32): void {
  if (lanes < 8) {
    for (; lanes > 0; lanes--, to += laneStep, from += 4) store<f32>(to, load<f32>(from));
    return;
  }
  const x = v128.load(from), y = v128.load(from, 16);
  const to2 = to + 2 * laneStep, to4 = to + 4 * laneStep, to6 = to4 + 2 * laneStep;
  v128.store32_lane(to, x, 0), v128.store32_lane(to + laneStep, x, 1);
  v128.store32_lane(to2, x, 2), v128.store32_lane(to2 + laneStep, x, 3);
  v128.store32_lane(to4, y, 0), v128.store32_lane(to4 + laneStep, y, 1);
  v128.store32_lane(to6, y, 2), v128.store32_lane(to6 + laneStep, y, 3);
}
