import type { RawArray } from '../file-dtypes.js';

/** How many elements an array with these strides spans, from the first to the last one. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((span, length, axis) => span + (length - 1) * strides[axis], 1);
}

/**
 * Copies elements that are `strides` apart into `to`, row-major; `width` array elements form one, such as two for
 * complex numbers.
 */
export function gatherStrided(
  from: RawArray,
  to: RawArray,
  shape: readonly number[],
  strides: readonly number[],
  width: number,
): void {
  // plain numbers or BigInts, the same in both
  const [source, target] = [from as Float64Array, to as Float64Array];
  const last = shape.length - 1;
  const [length, step] = last < 0 ? [1, 1] : [shape[last], width * strides[last]];
  const index = new Array<number>(Math.max(0, last)).fill(0);
  let start = 0;
  for (let at = 0; at < target.length; ) {
    for (let i = 0, place = start; i < length; i++, place += step) {
      for (let part = 0; part < width; part++) target[at++] = source[place + part];
    }
    // the next row: the last axis but one counts fastest
    for (let axis = last - 1; axis >= 0; axis--) {
      start += width * strides[axis];
      if (++index[axis] < shape[axis]) break;
      start -= width * strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

/** Reverses the bytes of each word of `width` bytes, in place: converts between big-endian and little-endian. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let at = 0; at + width <= bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}
