import { pointer, word } from '../words';
import { isBetter, select } from './pool2d-best';
import {
  HEIGHT,
  WIDTH,
  OUT_HEIGHT,
  OUT_WIDTH,
  KERNEL_HEIGHT,
  KERNEL_WIDTH,
  STRIDE_Y,
  STRIDE_X,
  PAD_Y,
  PAD_X,
} from './pool2d-words';

// Windows of 2 x 2 at a stride of 2, the most common ones: four are computed from two vectors of each row.

/** Whether all windows are such pairs, within the planes, and at least four are in a row. */
export function isPairs(args: usize): bool {
  const size = word(args, KERNEL_HEIGHT) == 2 && word(args, KERNEL_WIDTH) == 2;
  const apart = word(args, STRIDE_Y) == 2 && word(args, STRIDE_X) == 2;
  const outWidth = word(args, OUT_WIDTH);
  // with ceilMode, the last windows may extend beyond the planes
  const inside = 2 * outWidth <= word(args, WIDTH) && 2 * word(args, OUT_HEIGHT) <= word(args, HEIGHT);
  return size && apart && inside && (word(args, PAD_Y) | word(args, PAD_X)) == 0 && outWidth >= 4;
}

/** The largest element, with its index, or the mean of each window of some rows of outputs. */
export function reducePairs(args: usize, row: i32, lastRow: i32, isMax: bool): void {
  const width = word(args, WIDTH);
  const height = word(args, HEIGHT);
  const outWidth = word(args, OUT_WIDTH);
  const outHeight = word(args, OUT_HEIGHT);
  const next = <usize>width << 2;
  const plane = row / outHeight;
  let y = 2 * (row - plane * outHeight);
  let upper = pointer(args, 0) + <usize>(plane * height + y) * next;
  let to = <usize>(row * outWidth) << 2;
  for (; row < lastRow; row++) {
    for (let i = 0; i < outWidth; i += 4) {
      // the last four windows overlap those before
      const ox = min(i, outWidth - 4);
      const from = upper + (<usize>ox << 3);
      const upperLeft = v128.load(from);
      const upperRight = v128.load(from, 16);
      const lowerLeft = v128.load(from + next);
      const lowerRight = v128.load(from + next, 16);
      let result = v128.shuffle<f32>(upperLeft, upperRight, 0, 2, 4, 6);
      const second = v128.shuffle<f32>(upperLeft, upperRight, 1, 3, 5, 7);
      let lower = v128.shuffle<f32>(lowerLeft, lowerRight, 0, 2, 4, 6);
      const fourth = v128.shuffle<f32>(lowerLeft, lowerRight, 1, 3, 5, 7);
      const at = to + (<usize>ox << 2);
      if (isMax) {
        // masks are -1 where they are set
        let column = isBetter(second, result);
        result = select(second, result, column);
        const inLower = isBetter(fourth, lower);
        lower = select(fourth, lower, inLower);
        const isLower = isBetter(lower, result);
        result = select(lower, result, isLower);
        column = select(inLower, column, isLower);
        const left = i32x4.add(i32x4.splat(y * width + 2 * ox), i32x4(0, 2, 4, 6));
        const index = i32x4.add(i32x4.sub(left, column), v128.and(isLower, i32x4.splat(width)));
        v128.store(pointer(args, 2) + at, index);
      } else {
        result = f32x4.add(f32x4.add(f32x4.add(f32x4.add(result, f32x4.splat(0)), second), lower), fourth);
        result = f32x4.mul(result, f32x4.splat(0.25));
      }
      v128.store(pointer(args, 1) + at, result);
    }
    to += <usize>outWidth << 2;
    upper += 2 * next;
    y += 2;
    if (y + 1 < height) continue;
    // a last row that no window contains
    if (y < height) upper += next;
    y = 0;
  }
}

/** Spreads each dy evenly over its window; elements that no window contains are not written. */
export function spreadPairs(args: usize, dx: usize, dy: usize): void {
  const next = <usize>word(args, WIDTH) << 2;
  const outWidth = word(args, OUT_WIDTH);
  for (let y = word(args, OUT_HEIGHT); y > 0; y--) {
    for (let i = 0; i < outWidth; i += 4) {
      // the last four windows overlap those before
      const ox = <usize>min(i, outWidth - 4);
      const share = f32x4.add(f32x4.mul(v128.load(dy + (ox << 2)), f32x4.splat(0.25)), f32x4.splat(0));
      const left = v128.shuffle<f32>(share, share, 0, 0, 1, 1);
      const right = v128.shuffle<f32>(share, share, 2, 2, 3, 3);
      const to = dx + (ox << 3);
      v128.store(to, left);
      v128.store(to, right, 16);
      v128.store(to + next, left);
      v128.store(to + next, right, 16);
    }
    dy += <usize>outWidth << 2;
    dx += 2 * next;
  }
}
