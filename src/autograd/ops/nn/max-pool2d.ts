import type { Pool2dGeometry } from '../../../tensor/backend.js';
import { expectTensor } from '../../../tensor/expect.js';
import { type Pool2dOptions, pool2dGeometry } from '../../../tensor/geometry.js';
import { empty } from '../../../tensor/run.js';
import type { Pair } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { expectFloat } from '../expect.js';
import { pick } from '../index/gather.js';
import { reshape } from '../shape/reshape.js';

/**
 * Largest element of each window of x (B, C, H, W). Padding is never chosen, NaN counts as largest, and the first of
 * equal elements gets the gradient.
 * @throws ShapeError for a shape that does not fit, ValueError for bad options, DtypeError unless x is float32.
 */
export function maxPool2d(x: Tensor, kernelSize: Pair, options?: Pool2dOptions): Tensor {
  expectTensor('maxPool2d', x);
  const g = pool2dGeometry('maxPool2d', x.shape, kernelSize, options);
  expectFloat('maxPool2d', x);
  const shape = [...x.shape.slice(0, 2), g.outHeight, g.outWidth];
  const { backend } = x.storage;
  const y = empty('maxPool2d', shape, 'float32', backend);
  const indices = empty('maxPool2d', shape, 'int32', backend);
  backend.maxPool2d(x, y, indices, g);
  return record('maxPool2d', [x], y, (dy) => [() => toWinners(dy, indices, x.shape, g)]);
}

/** Returns zeros of `shape` with dy added at the indices of the largest elements. */
function toWinners(dy: Tensor, indices: Tensor, shape: readonly number[], g: Pool2dGeometry): Tensor {
  const { backend } = dy.storage;
  const dx = empty('maxPool2dGrad', shape, 'float32', backend);
  backend.maxPool2dGrad(dy, indices, dx, g);
  return record('maxPool2dGrad', [dy], dx, (ddx) => [() => fromWinners(ddx, indices)]);
}

function fromWinners(ddx: Tensor, indices: Tensor): Tensor {
  const planes = (t: Tensor) => reshape(t, [t.shape[0] * t.shape[1], t.shape[2] * t.shape[3]]);
  return reshape(pick(planes(ddx), 1, planes(indices)), indices.shape);
}
