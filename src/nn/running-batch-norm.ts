import { batchNormInference, batchNorm as normalize } from '../autograd/ops/nn/batch-norm.js';
import { expected, ValueError } from '../errors.js';
import { formula } from '../formula/formula.js';
import { mapInto } from '../tensor/run.js';
import type { Tensor } from '../tensor/tensor.js';

/** Options of `batchNorm`. */
export interface BatchNormModeOptions {
  /** Use the mean and variance of the batch and let the running ones follow. Default false. */
  readonly training?: boolean;
  /** Share of the batch in the running averages; null gives all batches the same weight. Default 0.1. */
  readonly momentum?: number | null;
  /** Scalar count of batches, to which training adds 1; needed where momentum is null. */
  readonly batches?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

const statistics = ['mean', 'variance', 'batchMean', 'batchVariance'] as const;
const oneMore = formula('batches = batches + 1', { tensors: ['batches'] });
const exponential = formula(
  `mean = mean + momentum * (batchMean - mean)
   variance = variance + momentum * (batchVariance - variance)`,
  { tensors: statistics, scalars: ['momentum'] },
);
const cumulative = formula(
  `mean = mean + (batchMean - mean) / batches
   variance = variance + (batchVariance - variance) / batches`,
  { tensors: [...statistics, 'batches'] },
);

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias for each channel of x (B, C, ...); weight and bias (C) default
 * to 1 and 0 (Ioffe and Szegedy, "Batch normalization", 2015). In training, and without running averages, the mean and
 * the biased variance are those of the batch; in training the running averages (C) then move in place towards its mean
 * and its unbiased variance. In evaluation the running averages are used. Throws ShapeError, in training also for
 * channels with fewer than 2 values, DtypeError, and ValueError if only one of the running averages is given or momentum
 * is null without a count.
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  { training = false, momentum = 0.1, batches = null, eps = 1e-5 }: BatchNormModeOptions = {},
): Tensor {
  if ((runningMean === null) !== (runningVar === null)) {
    throw new ValueError(expected('batchNorm', 'both runningMean and runningVar, or neither', 'one'));
  }
  if (momentum === null && !batches)
    throw new ValueError(expected('batchNorm', 'batches where momentum is null', 'none'));
  if (!training && runningMean && runningVar) {
    return batchNormInference(x, weight, bias, runningMean, runningVar, eps);
  }
  const { y, mean: batchMean, variance: batchVariance } = normalize(x, weight, bias, eps);
  if (training && batches) mapInto('batchNorm', oneMore, { batches });
  if (training && runningMean && runningVar) {
    const operands = { mean: runningMean, variance: runningVar, batchMean, batchVariance };
    if (momentum !== null) mapInto('batchNorm', exponential, operands, { momentum });
    else if (batches) mapInto('batchNorm', cumulative, { ...operands, batches });
  }
  batchMean.dispose();
  batchVariance.dispose();
  return y;
}
