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
