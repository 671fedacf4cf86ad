import { expected, ShapeError, shapeText, textOf, ValueError } from '../../../errors.js';
import { expectList, expectTensor } from '../../../tensor/expect.js';
import { normalizeAxes, numel, sameShape, stridesOf } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { reshape } from './reshape.js';
import { takeView } from './strided.js';

/**
 * [start, stop, step] of one axis. As in NumPy, negative positions count from the end, a negative step goes backwards,
 * and positions outside the axis are clipped to it. A position or step that is null or omitted means from the
 * beginning, to the end, or step 1. null in place of the list takes the whole axis.
 */
export type Range = readonly [start?: number | null, stop?: number | null, step?: number | null] | null;

/**
 * Returns a part of x: one range per axis; axes without a range are taken whole.
 * @throws ShapeError for too many ranges, ValueError for an invalid one.
 */
export function slice(x: Tensor, ranges: readonly Range[]): Tensor {
  expectTensor('slice', x);
  expectList('slice', 'a list of ranges', ranges);
  if (ranges.length > x.ndim) {
    throw new ShapeError(expected('slice', `at most ${x.ndim} ranges for ${shapeText(x.shape)}`, `${ranges.length}`));
  }
  const parts = x.shape.map((length, axis) => resolve(ranges[axis] ?? [], length));
  const strides = stridesOf(x.shape);
  const shape = parts.map((part) => part.count);
  if (sameShape(shape, x.shape) && parts.every((part) => part.step > 0)) return reshape(x, shape);
  return takeView('slice', x, {
    shape,
    offset: numel(shape) === 0 ? 0 : parts.reduce((sum, part, axis) => sum + part.start * strides[axis], 0),
    strides: parts.map((part, axis) => part.step * strides[axis]),
  });
}

function resolve(range: NonNullable<Range>, length: number): { start: number; step: number; count: number } {
  if (!Array.isArray(range)) {
    throw new ValueError(expected('slice', 'a list [start, stop, step] or null for each axis', textOf(range)));
  }
  const step = range[2] ?? 1;
  if (step === 0 || range.length > 3 || ![range[0] ?? 0, range[1] ?? 0, step].every(Number.isInteger)) {
    throw new ValueError(expected('slice', '[start, stop, step] of integers and step not 0', textOf(range)));
  }
  // with a negative step, -1 stands for the position before the first element
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
  const place = (at: number | null | undefined, otherwise: number) =>
    at == null ? otherwise : Math.min(most, Math.max(least, at < 0 ? at + length : at));
  const start = place(range[0], step > 0 ? least : most);
  const stop = place(range[1], step > 0 ? most : least);
  return { start, step, count: Math.max(0, Math.ceil((stop - start) / step)) };
}

/**
 * Reverses the order of the elements of x along `axes` (default: all).
 * @throws ValueError for an invalid axis.
 */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  expectTensor('flip', x);
  const flipped = normalizeAxes('flip', axes, x.ndim);
  const own = stridesOf(x.shape);
  const last = (axis: number) => Math.max(0, x.shape[axis] - 1) * own[axis];
  return takeView('flip', x, {
    shape: x.shape,
    offset: flipped.reduce((sum, axis) => sum + last(axis), 0),
    strides: own.map((stride, axis) => (flipped.includes(axis) ? -stride : stride)),
  });
}
