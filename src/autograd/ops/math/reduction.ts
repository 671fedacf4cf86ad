import { expected, ShapeError, shapeText } from '../../../errors.js';
import { type Formula, formula } from '../../../formula/formula.js';
import { expectList, expectTensor } from '../../../tensor/expect.js';
import { finite } from '../../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../../tensor/options.js';
import { empty, reduce } from '../../../tensor/run.js';
import { broadcastShapes, checkShape, normalizeAxes, reducedShape, sameShape } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { applyFormula, repeatedAxes } from '../apply-formula.js';
import { cast } from '../convert.js';
import { filled } from '../fill.js';
import { reshape } from '../shape/reshape.js';
import { div, mul } from './arithmetic.js';
import { eq } from './compare.js';
import { type Axes, keepDimOf, type ReduceOptions, reduceOptions } from './reduce-options.js';

const total = formula('y = sum(x)', { tensors: ['x', 'y'] });
const scaled = formula('y = sum(scale * x)', { tensors: ['x', 'y'], scalars: ['scale'] });
const meanSquare = formula('y = sum(scale * (x - m) * (x - m))', { tensors: ['x', 'm', 'y'], scalars: ['scale'] });
const meanSquareGradient = formula('dx = 2 * scale * dy * (x - m)', {
  tensors: ['dy', 'x', 'm', 'dx'],
  scalars: ['scale'],
});
const repeat = formula('y = x', { tensors: ['x', 'y'] });
const largest = formula('y = max(x)', { tensors: ['x', 'y'] });
const smallest = formula('y = min(x)', { tensors: ['x', 'y'] });

/**
 * y = sum of x over `axes` (default: all); int32 for integers, 0 for no elements.
 * @throws ValueError for an invalid axis.
 */
export function sum(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  expectTensor('sum', x);
  const keepDim = keepDimOf('sum', options);
  return sumOver(x, normalizeAxes('sum', axes, x.ndim), keepDim);
}

/** `sum` over axes that have been checked. */
export function sumOver(x: Tensor, axes: readonly number[], keepDim: boolean): Tensor {
  const dtype = x.dtype === 'float32' ? 'float32' : 'int32';
  const [y] = reduce('sum', total, { x }, { axes, keepDim, dtype });
  return record('sum', [x], y, (dy) => [() => expandReduced(dy, x.shape, axes)]);
}

/**
 * y = mean of x over `axes` (default: all), in float32; NaN for no elements.
 * @throws ValueError for an invalid axis.
 */
export function mean(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  expectTensor('mean', x);
  const keepDim = keepDimOf('mean', options);
  return meanOver(x, normalizeAxes('mean', axes, x.ndim), keepDim);
}

/** `mean` over axes that have been checked. */
export function meanOver(x: Tensor, axes: readonly number[], keepDim: boolean): Tensor {
  if (countOf(x, axes) === 0) return undefinedOver('mean', x, axes, keepDim);
  const scale = 1 / countOf(x, axes);
  const [y] = reduce('mean', scaled, { x }, { axes, keepDim }, { scale });
  return record('mean', [x], y, (dy) => [() => expandReduced(mul(dy, scale), x.shape, axes)]);
}

/** Options of `variance`. */
export interface VarianceOptions extends ReduceOptions {
  /**
   * Degrees of freedom subtracted from the count: 1 gives the unbiased variance, 0 the mean square.
   * @default 1
   */
  readonly correction?: number;
}

const varianceOptions: OptionTable<Required<VarianceOptions>> = { ...reduceOptions, correction: finite(1) };

/**
 * Variance of x over `axes` (default: all), computed from deviations from the mean; NaN for no elements.
 * @throws ValueError for an invalid axis.
 */
export function variance(x: Tensor, axes?: Axes, options?: VarianceOptions): Tensor {
  expectTensor('variance', x);
  const { keepDim, correction } = resolveOptions('variance', varianceOptions, options);
  const over = normalizeAxes('variance', axes, x.ndim);
  if (countOf(x, over) === 0) return undefinedOver('variance', x, over, keepDim);
  const m = meanOver(x, over, true);
  const scale = 1 / Math.max(0, countOf(x, over) - correction);
  const [y] = reduce('variance', meanSquare, { x, m }, { axes: over, keepDim }, { scale });
  // m depends on x, but the deviations from it add up to 0, so that this dependence matters to higher derivatives only
  return record('variance', [x], y, (dy) => [
    () => applyFormula('variance', meanSquareGradient, { dy: asReduced(dy, x.shape, over), x, m }, { scale }),
  ]);
}

/**
 * Largest element over `axes` (default: all); NaN if any element is NaN. Equal largest elements share the gradient.
 * @throws ShapeError if there are no elements.
 */
export function max(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  expectTensor('max', x);
  return extreme('max', largest, x, axes, options);
}

/**
 * Smallest element over `axes` (default: all); NaN if any element is NaN. Equal smallest elements share the gradient.
 * @throws ShapeError if there are no elements.
 */
export function min(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  expectTensor('min', x);
  return extreme('min', smallest, x, axes, options);
}

function extreme(
  op: 'max' | 'min',
  f: Formula,
  x: Tensor,
  axes: Axes | undefined,
  options: ReduceOptions | undefined,
): Tensor {
  const keepDim = keepDimOf(op, options);
  const over = normalizeAxes(op, axes, x.ndim);
  if (countOf(x, over) === 0) throw new ShapeError(expected(op, 'at least one element', shapeText(x.shape)));
  const [y] = reduce(op, f, { x }, { axes: over, keepDim, dtype: x.dtype });
  return record(op, [x], y, (dy) => [
    () => {
      const winners = cast(eq(x, asReduced(y, x.shape, over)), 'float32');
      return mul(winners, div(asReduced(dy, x.shape, over), sumOver(winners, over, true)));
    },
  ]);
}

/** Sums x down to `shape`, the inverse of broadcasting; returns x itself if it has that shape. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  return reshape(sumOver(x, repeatedAxes(shape, x.shape), true), shape);
}

/**
 * Repeats x to fill a shape to which it broadcasts; -1 keeps the length of an axis.
 * @throws ShapeError unless x broadcasts to the shape.
 */
export function expand(x: Tensor, wanted: readonly number[]): Tensor {
  expectTensor('expand', x);
  expectList('expand', 'a list of lengths', wanted);
  const lead = wanted.length - x.ndim;
  const shape = checkShape(
    'expand',
    wanted.map((length, axis) => (length === -1 && axis >= lead ? x.shape[axis - lead] : length)),
  );
  if (!sameShape(broadcastShapes('expand', x.shape, shape), shape)) {
    throw new ShapeError(expected('expand', `a shape that ${shapeText(x.shape)} broadcasts to`, shapeText(shape)));
  }
  const y = empty('expand', shape, x.dtype, x.storage.backend);
  x.storage.backend.map(repeat, { x, y }, {});
  return record('expand', [x], y, (dy) => [() => sumTo(dy, x.shape)]);
}

/** The result of a reduction that is undefined over no elements: NaN. */
function undefinedOver(op: string, x: Tensor, axes: readonly number[], keepDim: boolean): Tensor {
  return filled(op, reducedShape(x.shape, axes, keepDim), Number.NaN, 'float32', x.storage.backend);
}

function asReduced(x: Tensor, shape: readonly number[], axes: readonly number[]): Tensor {
  return reshape(x, reducedShape(shape, axes, true));
}

function expandReduced(dy: Tensor, shape: readonly number[], axes: readonly number[]): Tensor {
  return expand(asReduced(dy, shape, axes), shape);
}

function countOf(x: Tensor, axes: readonly number[]): number {
  return axes.reduce((n, axis) => n * x.shape[axis], 1);
}
