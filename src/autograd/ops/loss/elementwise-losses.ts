import { type Formula, formula } from '../../../formula/formula.js';
import { resolveOptions } from '../../../tensor/options.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula } from '../apply-formula.js';
import { expectFloat, expectShape } from '../expect.js';
import { div } from '../math/arithmetic.js';
import { sumOf } from '../sum-of.js';
import { expectElements, type LossOptions, lossOptions } from './row-losses.js';

/** The loss of one element x with target t, and the sum of these losses. */
interface LossFormulas {
  readonly each: Formula;
  readonly total: Formula;
}

const loss = (text: string): LossFormulas => ({
  each: formula(`y = ${text}`, { tensors: ['x', 't', 'y'] }),
  total: formula(`y = sum(${text})`, { tensors: ['x', 't', 'y'] }),
});
const squared = loss('(x - t) * (x - t)');
const absolute = loss('abs(x - t)');
// takes exponentials of negative numbers only, which cannot overflow
const binary = loss('(x > 0 ? x : 0) - x * t + log1p(exp(x > 0 ? -x : x))');

/**
 * (x - target)^2 for tensors of equal shape.
 * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options.
 */
export function mseLoss(x: Tensor, target: Tensor, options?: LossOptions): Tensor {
  return lossOf('mseLoss', squared, x, target, options);
}

/**
 * |x - target| for tensors of equal shape.
 * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options.
 */
export function l1Loss(x: Tensor, target: Tensor, options?: LossOptions): Tensor {
  return lossOf('l1Loss', absolute, x, target, options);
}

/**
 * -target * log(sigmoid(x)) - (1 - target) * log(1 - sigmoid(x)) for logits x and target probabilities of equal shape,
 * numerically stable for x of any magnitude.
 * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options.
 */
export function binaryCrossEntropyWithLogits(x: Tensor, target: Tensor, options?: LossOptions): Tensor {
  return lossOf('binaryCrossEntropyWithLogits', binary, x, target, options);
}

/** Computes a loss in one pass and stores the losses of the elements only if they are requested. */
function lossOf(op: string, f: LossFormulas, x: Tensor, t: Tensor, options: LossOptions | undefined): Tensor {
  const { reduction } = resolveOptions(op, lossOptions, options);
  expectFloat(op, x);
  expectShape(op, 'target', t, x.shape);
  expectElements(op, reduction, x);
  if (reduction === 'none') return applyFormula(op, f.each, { x, t });
  const axes = x.shape.map((_, axis) => axis);
  const total = sumOf(op, f.total, { x, t }, { axes });
  return reduction === 'sum' ? total : div(total, x.size);
}
