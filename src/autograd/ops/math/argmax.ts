import { expected, ShapeError, shapeText } from '../../../errors.js';
import { expectTensor } from '../../../tensor/expect.js';
import { empty } from '../../../tensor/run.js';
import { normalizeAxis, reducedShape } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { reshape } from '../shape/reshape.js';
import { keepDimOf, type ReduceOptions } from './reduce-options.js';

/**
 * Index (int32) of the first largest element along `axis`, or in row-major order over all elements without `axis`; NaN
 * counts as largest.
 * @throws ValueError for an invalid axis, ShapeError if there is no element.
 */
export function argmax(x: Tensor, axis?: number, options?: ReduceOptions): Tensor {
  expectTensor('argmax', x);
  return argExtreme('argmax', x, axis, keepDimOf('argmax', options));
}

/**
 * Index (int32) of the first smallest element along `axis`, or in row-major order over all elements without `axis`; NaN
 * counts as smallest.
 * @throws ValueError for an invalid axis, ShapeError if there is no element.
 */
export function argmin(x: Tensor, axis?: number, options?: ReduceOptions): Tensor {
  expectTensor('argmin', x);
  return argExtreme('argmin', x, axis, keepDimOf('argmin', options));
}

function argExtreme(op: 'argmax' | 'argmin', x: Tensor, axis: number | undefined, keepDim: boolean): Tensor {
  if (axis === undefined) {
    const flat = argExtreme(op, reshape(x, [x.size]), 0, false);
    return keepDim ? reshape(flat, new Array<number>(x.ndim).fill(1)) : flat;
  }
  const at = normalizeAxis(op, axis, x.ndim);
  if (x.shape[at] === 0) throw new ShapeError(expected(op, `elements along axis ${axis}`, shapeText(x.shape)));
  const out = empty(op, reducedShape(x.shape, [at], keepDim), 'int32', x.storage.backend);
  x.storage.backend.argReduce(op === 'argmax' ? 'max' : 'min', x, out, at);
  return out;
}
