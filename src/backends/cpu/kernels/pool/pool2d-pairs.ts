import { pointer, word } from '../words';
import { isBetter, select } from './pool2d-lanes';
import { HEIGHT, OUT_HEIGHT, OUT_WIDTH, WIDTH } from './pool2d-words';

/** Reduces windows of 2 x 2 at a stride of 2, four at a time. */
export function pairs(args: usize, row: i32, lastRow: i32, isMax: bool): void {
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
