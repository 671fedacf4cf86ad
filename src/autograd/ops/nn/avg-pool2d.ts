import type { Pool2dGeometry } from '../../../tensor/backend.js';
import { expectTensor } from '../../../tensor/expect.js';
import { type Pool2dOptions, pool2dGeometry } from '../../../tensor/geometry.js';
import { empty } from '../../../tensor/run.js';
import type { Pair } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { expectFloat } from '../expect.js';
import { filled } from '../fill.js';
import { div } from '../math/arithmetic.js';

/**
 * Mean of each window of x (B, C, H, W); padding counts as zeros, and what `ceilMode` adds beyond it does not count.
 * @throws ShapeError for a shape that does not fit, ValueError for bad options, DtypeError unless x is float32.
 */
export function avgPool2d(x: Tensor, kernelSize: Pair, options?: Pool2dOptions): Tensor {
  expectTensor('avgPool2d', x);
  const g = pool2dGeometry('avgPool2d', x.shape, kernelSize, options);
  expectFloat('avgPool2d', x);
  const y = windowMeans(x, g);
  if (!options?.ceilMode) return y;
  // the share of each window that counts
  const [inHeight, inWidth] = [g.inHeight + 2 * g.padY, g.inWidth + 2 * g.padX];
  const padded = filled('avgPool2d', [1, 1, inHeight, inWidth], 1, 'float32', x.storage.backend);
  return div(y, windowMeans(padded, { ...g, planes: 1, inHeight, inWidth, padY: 0, padX: 0 }));
}

function windowMeans(x: Tensor, g: Pool2dGeometry): Tensor {
  const { backend } = x.storage;
  const y = empty('avgPool2d', [...x.shape.slice(0, 2), g.outHeight, g.outWidth], 'float32', backend);
  backend.avgPool2d(x, y, g);
  return record('avgPool2d', [x], y, (dy) => [() => spread(dy, g)]);
}

/**
 * Spreads each element of dy evenly over its window. This is the transpose of `windowMeans`; each is the gradient of
 * the other.
 */
function spread(dy: Tensor, g: Pool2dGeometry): Tensor {
  const { backend } = dy.storage;
  const dx = empty('avgPool2dGrad', [...dy.shape.slice(0, 2), g.inHeight, g.inWidth], 'float32', backend);
  backend.avgPool2dGrad(dy, dx, g);
  return record('avgPool2dGrad', [dy], dx, (ddx) => [() => windowMeans(ddx, g)]);
}
