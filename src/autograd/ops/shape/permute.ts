import { expected, ValueError } from '../../../errors.js';
import { expectList, expectTensor } from '../../../tensor/expect.js';
import { normalizeAxis, stridesOf } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { reshape } from './reshape.js';
import { takeView } from './strided.js';

/**
 * Reorders the axes of x: axis i of the result is axis `axes[i]` of x.
 * @throws ValueError unless `axes` contains each axis exactly once.
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  expectTensor('permute', x);
  expectList('permute', 'a list of axes', axes);
  const order = axes.map((axis) => normalizeAxis('permute', axis, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== x.ndim) {
    throw new ValueError(expected('permute', `each of ${x.ndim} axes once`, `[${axes.join(', ')}]`));
  }
  const shape = order.map((axis) => x.shape[axis]);
  // moving axes of size 1 does not move elements
  const moved = order.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, i) => i === 0 || moved[i - 1] < axis)) return reshape(x, shape);
  const strides = stridesOf(x.shape);
  return takeView('permute', x, { shape, offset: 0, strides: order.map((axis) => strides[axis]) });
}

/**
 * Exchanges two axes of x, by default the last two.
 * @throws ValueError for an invalid axis.
 */
export function transpose(x: Tensor, axis0 = -2, axis1 = -1): Tensor {
  expectTensor('transpose', x);
  const a = normalizeAxis('transpose', axis0, x.ndim);
  const b = normalizeAxis('transpose', axis1, x.ndim);
  const order = x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
  return permute(x, order);
}
