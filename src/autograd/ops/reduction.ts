import { expected, ShapeError, shapeText } from '../../tensor/errors.js';
import { type Formula, formula } from '../../tensor/formula.js';
import { empty, reduce } from '../../tensor/run.js';
import { broadcastShapes, normalizeAxes, reducedShape, sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { record } from '../graph.js';
import { div, mul, sub } from './arithmetic.js';
import { eq } from './compare.js';
import { cast, filled } from './create.js';
import { repeatedAxes } from './elementwise.js';
import { reshape } from './reshape.js';

/** Axes to reduce: one, several, or all of them if undefined; negative axes count from the end. */
export type Axes = number | readonly number[];

/** Options of a reduction. */
export interface ReduceOptions {
  /** Keep reduced axes with size 1. Default false. */
  readonly keepDim?: boolean;
}

const total = formula('y = sum(x)', { tensors: ['x', 'y'] });
const scaled = formula('y = sum(scale * x)', { tensors: ['x', 'y'], scalars: ['scale'] });
const repeat = formula('y = x', { tensors: ['x', 'y'] });
const largest = formula('y = max(x)', { tensors: ['x', 'y'] });
const smallest = formula('y = min(x)', { tensors: ['x', 'y'] });

/** y = sum of x over `axes`; int32 for integers, 0 for no elements. Throws ValueError for a bad axis. */
export function sum(x: Tensor, axes?: Axes, { keepDim = false }: ReduceOptions = {}): Tensor {
  const over = normalizeAxes('sum', axes, x.ndim);
  const dtype = x.dtype === 'float32' ? 'float32' : 'int32';
  const [y] = reduce('sum', total, { x }, { axes: over, keepDim, dtype });
  return record('sum', [x], y, (dy) => [() => expandReduced(dy, x.shape, over)]);
}

/** y = mean of x over `axes`, in float32; NaN for no elements. Throws ValueError for a bad axis. */
export function mean(x: Tensor, axes?: Axes, { keepDim = false }: ReduceOptions = {}): Tensor {
  const over = normalizeAxes('mean', axes, x.ndim);
  const scale = 1 / countOf(x, over);
  if (scale === Number.POSITIVE_INFINITY) {
    const shape = reducedShape(x.shape, over, keepDim);
    return filled('mean', shape, Number.NaN, 'float32', x.storage.backend);
  }
  const [y] = reduce('mean', scaled, { x }, { axes: over, keepDim }, { scale });
  return record('mean', [x], y, (dy) => [() => expandReduced(mul(dy, scale), x.shape, over)]);
}

/** Options of `variance`. */
export interface VarianceOptions extends ReduceOptions {
  /** Degrees of freedom taken from the count: 1 is unbiased, 0 the mean square. Default 1. */
  readonly correction?: number;
}

/** Variance of x over `axes`, from deviations from the mean. Throws ValueError for a bad axis. */
export function variance(x: Tensor, axes?: Axes, { keepDim = false, correction = 1 }: VarianceOptions = {}): Tensor {
  const over = normalizeAxes('variance', axes, x.ndim);
  const deviation = sub(x, mean(x, over, { keepDim: true }));
  const squares = sum(mul(deviation, deviation), over, { keepDim });
  return div(squares, Math.max(0, countOf(x, over) - correction));
}

/** Largest element over `axes`; NaN if there is one. Elements that tie share the gradient. Throws ShapeError if there are none. */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme('max', largest, x, axes, options);
}

/** Smallest element over `axes`; NaN if there is one. Elements that tie share the gradient. Throws ShapeError if there are none. */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme('min', smallest, x, axes, options);
}

function extreme(op: 'max' | 'min', f: Formula, x: Tensor, axes: Axes | undefined, options: ReduceOptions): Tensor {
  const over = normalizeAxes(op, axes, x.ndim);
  if (countOf(x, over) === 0) throw new ShapeError(expected(op, 'at least one element', shapeText(x.shape)));
  const [y] = reduce(op, f, { x }, { axes: over, keepDim: options.keepDim, dtype: x.dtype });
  return record(op, [x], y, (dy) => [
    () => {
      const winners = cast(eq(x, asReduced(y, x.shape, over)), 'float32');
      return mul(winners, div(asReduced(dy, x.shape, over), sum(winners, over, { keepDim: true })));
    },
  ]);
}

/** x summed down to `shape`, the inverse of broadcasting; x itself if it has that shape. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  return reshape(sum(x, repeatedAxes(shape, x.shape), { keepDim: true }), shape);
}

/** x repeated up to `shape`. Throws ShapeError unless it broadcasts to it. */
export function expand(x: Tensor, shape: readonly number[]): Tensor {
  if (!sameShape(broadcastShapes('expand', x.shape, shape), shape)) {
    throw new ShapeError(expected('expand', `a shape that ${shapeText(x.shape)} broadcasts to`, shapeText(shape)));
  }
  const y = empty('expand', shape, x.dtype, x.storage.backend);
  x.storage.backend.map(repeat, { x, y }, {});
  return record('expand', [x], y, (dy) => [() => sumTo(dy, x.shape)]);
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
