import { formula } from '../../../formula/formula.js';
import { expectTensor } from '../../../tensor/expect.js';
import { map, reduce } from '../../../tensor/run.js';
import { normalizeAxes, normalizeAxis, reducedShape } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { applyFormula } from '../apply-formula.js';
import { expectFloat } from '../expect.js';
import { reshape } from '../shape/reshape.js';
import { sumOf } from '../sum-of.js';
import { add } from './arithmetic.js';
import { type Axes, keepDimOf, type ReduceOptions } from './reduce-options.js';
import { sumOver } from './reduction.js';

const largest = formula('m = max(x)', { tensors: ['x', 'm'] });
// if the largest element of a row is infinite, subtract 0 instead; m - m is 0 unless m is infinite or NaN
const finite = formula('shift = m - m == 0 ? m : 0', { tensors: ['m', 'shift'] });
const exponentials = formula('total = sum(exp(x - shift))', { tensors: ['x', 'shift', 'total'] });
const logarithm = formula('t = log(total)', { tensors: ['total', 't'] });
// t - t is 0 unless the row contains Infinity, where the result is NaN, as in PyTorch
const share = formula('y = exp(x - shift - t + (t - t))', { tensors: ['x', 'shift', 't', 'y'] });
const logShare = formula('y = x - shift - t + (t - t)', { tensors: ['x', 'shift', 't', 'y'] });

const logTotalGradient = formula('dx = dy * exp(x - shift - t)', { tensors: ['dy', 'x', 'shift', 't', 'dx'] });
const innerProduct = formula('s = sum(dy * y)', { tensors: ['dy', 'y', 's'] });
const softmaxGradient = formula('dx = y * (dy - s)', { tensors: ['dy', 'y', 's', 'dx'] });
const logSoftmaxGradient = formula('dx = dy - exp(y) * s', { tensors: ['dy', 'y', 's', 'dx'] });

/** The log of a sum of exponentials, split into two terms so that no precision is lost if the shift is large. */
export interface LogTotal {
  /** The largest elements, or 0 where they are infinite or NaN; gradients treat it as a constant. */
  readonly shift: Tensor;
  /** log(sum(exp(x - shift))). */
  readonly t: Tensor;
}

/**
 * Returns shift and t, whose sum is log(sum(exp(x))) over axes that are kept with size 1; t is recorded.
 * @throws DtypeError, with `op` in the message, unless x is float32.
 */
export function logTotal(op: string, x: Tensor, axes: readonly number[]): LogTotal {
  expectFloat(op, x);
  const [m] = reduce(op, largest, { x }, { axes, keepDim: true });
  const shift = map(op, finite, { m });
  const [total] = reduce(op, exponentials, { x, shift }, { axes, keepDim: true });
  const t = record(op, [x], map(op, logarithm, { total }), (dy) => [
    () => applyFormula(op, logTotalGradient, { dy, x, shift, t }),
  ]);
  m.dispose();
  total.dispose();
  return { shift, t };
}

/**
 * y = log of the sum of exp(x) over `axes` (default: all), numerically stable for x of any magnitude; -Infinity for no
 * elements.
 * @throws ValueError for an invalid axis.
 */
export function logsumexp(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  expectTensor('logsumexp', x);
  const keepDim = keepDimOf('logsumexp', options);
  const over = normalizeAxes('logsumexp', axes, x.ndim);
  const { shift, t } = logTotal('logsumexp', x, over);
  const y = add(t, shift);
  return keepDim ? y : reshape(y, reducedShape(x.shape, over, false));
}

/**
 * y = exp(x) / sum of exp(x) along `axis`, numerically stable for x of any magnitude.
 * @throws ValueError for an invalid axis.
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  expectTensor('softmax', x);
  const at = normalizeAxis('softmax', axis, x.ndim);
  const { shift, t } = logTotal('softmax', x, [at]);
  const y = record('softmax', [x], map('softmax', share, { x, shift, t }), (dy) => [
    () => {
      const s = sumOf('softmax', innerProduct, { dy, y }, { axes: [at], keepDim: true });
      return applyFormula('softmax', softmaxGradient, { dy, y, s });
    },
  ]);
  shift.dispose();
  t.dispose();
  return y;
}

/**
 * y = log(softmax(x)) along `axis`, computed without taking the logarithm of small numbers.
 * @throws ValueError for an invalid axis.
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  expectTensor('logSoftmax', x);
  const at = normalizeAxis('logSoftmax', axis, x.ndim);
  const { shift, t } = logTotal('logSoftmax', x, [at]);
  const y = record('logSoftmax', [x], map('logSoftmax', logShare, { x, shift, t }), (dy) => [
    () => applyFormula('logSoftmax', logSoftmaxGradient, { dy, y, s: sumOver(dy, [at], true) }),
  ]);
  shift.dispose();
  t.dispose();
  return y;
}
