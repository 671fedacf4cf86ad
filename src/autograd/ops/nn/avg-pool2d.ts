import { expected, ShapeError, shapeText } from '../../../errors.js';
import type { Backend, Pool2dGeometry } from '../../../tensor/backend.js';
import { expectTensor } from '../../../tensor/expect.js';
import { type Pool2dOptions, pool2dGeometry } from '../../../tensor/geometry.js';
import { countPair } from '../../../tensor/option-kinds.js';
import { checkArgument } from '../../../tensor/options.js';
import { empty } from '../../../tensor/run.js';
import { type Pair, pair } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { expectAxes, expectFloat } from '../expect.js';
import { numbered } from '../fill.js';
import { product } from '../math/matmul.js';
import { meanOver } from '../math/reduction.js';
import { reshape } from '../shape/reshape.js';

const outputSizes = countPair();

/**
 * Mean of each window of x (B, C, H, W); padding counts as zeros.
 * @throws ShapeError for a shape that does not fit, ValueError for bad options, DtypeError unless x is float32.
 */
export function avgPool2d(x: Tensor, kernelSize: Pair, options?: Pool2dOptions): Tensor {
  expectTensor('avgPool2d', x);
  const g = pool2dGeometry('avgPool2d', x.shape, kernelSize, options);
  expectFloat('avgPool2d', x);
  return windowMeans(x, g);
}

/**
 * Means of x (B, C, H, W) over a grid of outputSize windows. Window i of n covers the rows from floor(i * H / n) to
 * ceil((i + 1) * H / n) - 1, and columns likewise.
 * @throws ShapeError for a shape that does not fit, ValueError for a bad size, DtypeError unless x is float32.
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: Pair): Tensor {
  expectTensor('adaptiveAvgPool2d', x);
  const [rows, columns] = pair(checkArgument('adaptiveAvgPool2d', 'outputSize', outputSizes, outputSize));
  expectAxes('adaptiveAvgPool2d', 'input (B, C, H, W)', x, 4);
  expectFloat('adaptiveAvgPool2d', x);
  const [, , height, width] = x.shape;
  if (height === 0 || width === 0) {
    throw new ShapeError(expected('adaptiveAvgPool2d', 'height and width of at least 1', shapeText(x.shape)));
  }
  if (rows === 1 && columns === 1) return meanOver(x, [2, 3], true);
  if (height % rows === 0 && width % columns === 0) return avgPool2d(x, [height / rows, width / columns]);
  // the mean over a rectangle is a mean over rows of means over columns: two products with small matrices
  const { backend } = x.storage;
  const matrix = (length: number, count: number) => averaging('adaptiveAvgPool2d', length, count, backend);
  return product(matrix(height, rows), product(x, matrix(width, columns), { transposeB: true }));
}

/** The matrix (count, length) that computes the mean of each of `count` windows over `length` positions. */
function averaging(op: string, length: number, count: number, backend: Backend): Tensor {
  const weight = (at: number) => {
    const [row, column] = [Math.floor(at / length), at % length];
    const start = Math.floor((row * length) / count);
    const end = Math.ceil(((row + 1) * length) / count);
    return column >= start && column < end ? 1 / (end - start) : 0;
  };
  return reshape(numbered(op, count * length, weight, 'float32', backend), [count, length]);
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
