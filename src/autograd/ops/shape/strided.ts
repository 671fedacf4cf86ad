import { empty } from '../../../tensor/run.js';
import { numel, stridesOf } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { filled } from '../fill.js';

/**
 * A strided view of a tensor without repeated elements: element (i, j, ...) is at offset + i * strides[0] + j *
 * strides[1] + ...
 */
export interface View {
  readonly shape: readonly number[];
  readonly offset: number;
  /** In elements; negative to go backwards. */
  readonly strides: readonly number[];
}

/** Returns a copy of the elements of x in `view`. */
export function takeView(op: string, x: Tensor, view: View): Tensor {
  const { shape, offset, strides } = view;
  const { backend } = x.storage;
  const y = empty(op, shape, x.dtype, backend);
  const toStrides = stridesOf(shape);
  backend.copy(x, y, { shape, fromOffset: offset, fromStrides: strides, toOffset: 0, toStrides });
  return record(op, [x], y, (dy) => [() => putView(op, dy, view, x.shape)]);
}

/**
 * Returns a tensor of `shape` with the elements of y at the positions in `view` and `value` elsewhere: the inverse of
 * `takeView`.
 */
export function putView(op: string, y: Tensor, view: View, shape: readonly number[], value = 0): Tensor {
  const { backend } = y.storage;
  const whole = numel(shape) === y.size;
  const x = whole ? empty(op, shape, y.dtype, backend) : filled(op, shape, value, y.dtype, backend);
  const walk = { shape: view.shape, fromOffset: 0, fromStrides: stridesOf(view.shape) };
  backend.copy(y, x, { ...walk, toOffset: view.offset, toStrides: view.strides });
  return record(op, [y], x, (dx) => [() => takeView(op, dx, view)]);
}
