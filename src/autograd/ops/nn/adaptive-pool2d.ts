import { expected, ShapeError, shapeText } from '../../../errors.js';
import { countPair } from '../../../tensor/option-kinds.js';
import { checkArgument } from '../../../tensor/options.js';
import { type Pair, pair } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { expectAxes, expectFloat } from '../expect.js';
import { numbered } from '../fill.js';
import { select } from '../index/index-select.js';
import { product } from '../math/matmul.js';
import { meanOver } from '../math/reduction.js';
import { reshape } from '../shape/reshape.js';
import { avgPool2d } from './avg-pool2d.js';
import { maxPool2d } from './max-pool2d.js';

const outputSizes = countPair();

/**
 * Means of x (B, C, H, W) over a grid of outputSize windows. Window i of n covers the rows from floor(i * H / n) to
 * ceil((i + 1) * H / n) - 1, and columns likewise. One window, outputSize 1, is the mean of all positions.
 * @throws ShapeError for a shape that does not fit, ValueError for a bad size, DtypeError unless x is float32.
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: Pair): Tensor {
  const op = 'adaptiveAvgPool2d';
  const [rows, columns, kernel] = grid(op, x, outputSize);
  if (rows * columns === 1) return meanOver(x, [2, 3], true);
  if (kernel) return avgPool2d(x, kernel);
  // the mean over a rectangle is a mean over rows of means over columns: two products with small matrices
  const averaging = (length: number, count: number) => {
    const weight = (at: number) => {
      const [start, end] = windowOf(Math.floor(at / length), length, count);
      const place = at % length;
      return place >= start && place < end ? 1 / (end - start) : 0;
    };
    return reshape(numbered(op, count * length, weight, 'float32', x.storage.backend), [count, length]);
  };
  const [, , height, width] = x.shape;
  return product(averaging(height, rows), product(x, averaging(width, columns), { transposeB: true }));
}

/**
 * Largest elements of x (B, C, H, W) in a grid of outputSize windows, which are those of `adaptiveAvgPool2d`. NaN
 * counts as largest, and the first of equal elements gets the gradient.
 * @throws ShapeError for a shape that does not fit, ValueError for a bad size, DtypeError unless x is float32.
 */
export function adaptiveMaxPool2d(x: Tensor, outputSize: Pair): Tensor {
  const op = 'adaptiveMaxPool2d';
  const [rows, columns, kernel] = grid(op, x, outputSize);
  if (kernel) return maxPool2d(x, kernel);
  // windows become equally long by copies of their last elements, which never win
  const longest = (axis: number, count: number) => Math.floor(x.shape[axis] / count) + 2;
  const lengthened = (t: Tensor, axis: number, count: number) => {
    const size = longest(axis, count);
    const place = (at: number) => {
      const [start, end] = windowOf(Math.floor(at / size), x.shape[axis], count);
      return Math.min(start + (at % size), end - 1);
    };
    return select(t, axis, numbered(op, count * size, place, 'int32', x.storage.backend));
  };
  return maxPool2d(lengthened(lengthened(x, 3, columns), 2, rows), [longest(2, rows), longest(3, columns)]);
}

/** The number of rows and columns of windows, and their size if windows of one size cover x without overlap. */
function grid(op: string, x: Tensor, outputSize: Pair): [rows: number, columns: number, kernel: Pair | false] {
  expectAxes(op, 'input (B, C, H, W)', x, 4);
  const [rows, columns] = pair(checkArgument(op, 'outputSize', outputSizes, outputSize));
  expectFloat(op, x);
  const [, , height, width] = x.shape;
  if (height === 0 || width === 0) {
    throw new ShapeError(expected(op, 'height and width of at least 1', shapeText(x.shape)));
  }
  return [rows, columns, (height % rows) + (width % columns) === 0 && [height / rows, width / columns]];
}

/** [start, end) of window i of `count` along an axis. */
function windowOf(i: number, length: number, count: number): [start: number, end: number] {
  return [Math.floor((i * length) / count), Math.ceil(((i + 1) * length) / count)];
}
