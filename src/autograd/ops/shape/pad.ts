import { expected, ValueError } from '../../../errors.js';
import { stridesOf } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { putView } from './strided.js';

/**
 * x with `value` around it. `widths` lists before and after for the last axis, then for the one before it, and so on,
 * as in PyTorch: [left, right, top, bottom] for images.
 * @throws ValueError for negative widths or too many.
 */
export function pad(x: Tensor, widths: readonly number[], value = 0): Tensor {
  if (widths.length % 2 !== 0 || widths.length > 2 * x.ndim || !widths.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ValueError(expected('pad', `pairs of widths of at least 0 for up to ${x.ndim} axes`, `[${widths}]`));
  }
  const before = x.shape.map((_, axis) => widths[2 * (x.ndim - 1 - axis)] ?? 0);
  const after = x.shape.map((_, axis) => widths[2 * (x.ndim - 1 - axis) + 1] ?? 0);
  const shape = x.shape.map((length, axis) => before[axis] + length + after[axis]);
  const strides = stridesOf(shape);
  const offset = before.reduce((sum, n, axis) => sum + n * strides[axis], 0);
  return putView('pad', x, { shape: x.shape, offset, strides }, shape, value);
}
