import { expected, textOf, ValueError } from '../../../errors.js';
import { expectList, expectTensor } from '../../../tensor/expect.js';
import { number } from '../../../tensor/option-kinds.js';
import { checkArgument } from '../../../tensor/options.js';
import { stridesOf } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { putView } from './strided.js';

/**
 * Pads x with `value`. `widths` lists the widths before and after the last axis, then those of the axis before it, and
 * so on, as in PyTorch: [left, right, top, bottom] for images.
 * @throws ValueError unless widths are integers of at least 0, in pairs, for at most as many axes as x has.
 */
export function pad(x: Tensor, widths: readonly number[], value = 0): Tensor {
  expectTensor('pad', x);
  expectList('pad', 'a list of widths', widths);
  if (
    !Array.isArray(widths) ||
    widths.length % 2 !== 0 ||
    widths.length > 2 * x.ndim ||
    !widths.every((n) => Number.isInteger(n) && n >= 0)
  ) {
    throw new ValueError(expected('pad', `pairs of widths of at least 0 for up to ${x.ndim} axes`, textOf(widths)));
  }
  checkArgument('pad', 'value', number(), value);
  const before = x.shape.map((_, axis) => widths[2 * (x.ndim - 1 - axis)] ?? 0);
  const after = x.shape.map((_, axis) => widths[2 * (x.ndim - 1 - axis) + 1] ?? 0);
  const shape = x.shape.map((length, axis) => before[axis] + length + after[axis]);
  const strides = stridesOf(shape);
  const offset = before.reduce((sum, n, axis) => sum + n * strides[axis], 0);
  return putView('pad', x, { shape: x.shape, offset, strides }, shape, value);
}
