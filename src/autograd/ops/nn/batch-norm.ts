import { expected, ValueError } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { expectTensor } from '../../../tensor/expect.js';
import { flag, instance, nonNegative, nullable, share } from '../../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../../tensor/options.js';
import { mapInto } from '../../../tensor/run.js';
import { Tensor } from '../../../tensor/tensor.js';
import { isRecomputing } from '../../mode.js';
import { expectShape } from '../expect.js';
import { normalizeBatch, normalizeWith } from './batch-statistics.js';

/** Options of `batchNorm`. */
export interface BatchNormModeOptions {
  /**
   * Use the mean and variance of the batch and update the running averages.
   * @default false
   */
  readonly training?: boolean;
  /**
   * Weight of the batch in the running averages; null gives all batches the same weight.
   * @default 0.1
   */
  readonly momentum?: number | null;
  /** A scalar tensor that counts batches; training adds 1. Required if momentum is null. */
  readonly batches?: Tensor | null;
  /**
   * Added to the variance.
   * @default 1e-5
   */
  readonly eps?: number;
  /** A tensor of the shape of x that is added to the result, in the same pass over memory. */
  readonly residual?: Tensor | null;
  /**
   * Return max(result, 0), with `residual` included, in the same pass over memory.
   * @default false
   */
  readonly relu?: boolean;
}

const optionalTensor = { ...nullable(instance(Tensor, 'a tensor')), initial: null };

/** The table of the options of `batchNorm`. */
export const batchNormOptions: OptionTable<Required<BatchNormModeOptions>> = {
  training: flag(false),
  momentum: nullable(share(0.1)),
  batches: optionalTensor,
  eps: nonNegative(1e-5),
  residual: optionalTensor,
  relu: flag(false),
};

const statistics = ['mean', 'variance', 'batchMean', 'batchVariance'] as const;
const oneMore = formula('batches = batches + 1', { tensors: ['batches'] });
const exponential = formula(
  `mean = mean + momentum * (batchMean - mean)
   variance = variance + momentum * (batchVariance * n / (n - 1) - variance)`,
  { tensors: statistics, scalars: ['momentum', 'n'] },
);
const cumulative = formula(
  `mean = mean + (batchMean - mean) / batches
   variance = variance + (batchVariance * n / (n - 1) - variance) / batches`,
  { tensors: [...statistics, 'batches'], scalars: ['n'] },
);

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias for each channel of x (B, C, ...); weight and bias (C) default
 * to 1 and 0 (Ioffe and Szegedy, "Batch normalization", 2015). In training, or without running averages, it uses the
 * mean and the biased variance of the batch; training also moves the running averages (C) in place towards the mean and
 * the unbiased variance of the batch. In evaluation it uses the running averages. What usually follows in a network can
 * be computed in the same pass: relu(y + residual).
 * @throws ShapeError for shapes that do not fit, and, where the statistics of the batch are used, for channels with
 * fewer than 2 values; DtypeError for tensors that are not float32; ValueError if only one of the running averages is
 * given, or if momentum is null and `batches` is not given.
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  options?: BatchNormModeOptions,
): Tensor {
  expectTensor('batchNorm', x);
  const { training, momentum, batches, eps, residual, relu } = resolveOptions('batchNorm', batchNormOptions, options);
  if ((runningMean === null) !== (runningVar === null)) {
    throw new ValueError(expected('batchNorm', 'both runningMean and runningVar, or neither', 'one'));
  }
  if (momentum === null && !batches) {
    throw new ValueError(expected('batchNorm', 'batches because momentum is null', 'none'));
  }
  if (residual) expectShape('batchNorm', 'residual', residual, x.shape);
  const affine = { weight, bias, eps };
  const then = { residual, relu };
  if (!training && runningMean && runningVar) return normalizeWith(x, runningMean, runningVar, affine, then);
  const { y, mean: batchMean, variance: batchVariance, count: n } = normalizeBatch(x, affine, then);
  const updates = training && !isRecomputing();
  if (updates && batches) mapInto('batchNorm', oneMore, { batches });
  if (updates && runningMean && runningVar) {
    const operands = { mean: runningMean, variance: runningVar, batchMean, batchVariance };
    if (momentum !== null) mapInto('batchNorm', exponential, operands, { momentum, n });
    else if (batches) mapInto('batchNorm', cumulative, { ...operands, batches }, { n });
  }
  batchMean.dispose();
  batchVariance.dispose();
  return y;
}
