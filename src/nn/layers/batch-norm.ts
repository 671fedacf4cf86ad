import { filled } from '../../autograd/ops/fill.js';
import { batchNorm } from '../../autograd/ops/nn/batch-norm.js';
import type { Parameter } from '../../autograd/parameter.js';
import { expected, ShapeError, shapeText, ValueError } from '../../errors.js';
import { backendOf } from '../../tensor/device.js';
import type { Tensor } from '../../tensor/tensor.js';
import { ones, zeros } from '../init.js';
import { Module } from '../module.js';
import { newParameter } from '../new-parameter.js';
import { noOther, wholeNumber } from '../options.js';

/** Options of batch normalisation. */
export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Share of the batch in the running averages; null gives all batches the same weight. Default 0.1. */
  readonly momentum?: number | null;
  /** Learn a weight and a bias per channel. Default true. */
  readonly affine?: boolean;
  /** Keep running averages and use them in evaluation; without, the batch is used there too. Default true. */
  readonly trackRunningStats?: boolean;
}

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias for each of C channels (Ioffe and Szegedy, "Batch
 * normalization", 2015). In training the mean and biased variance are those of the batch, and the running averages
 * move towards its mean and unbiased variance:
 *
 *     running = (1 - momentum) running + momentum batch
 *
 * In evaluation the running averages are used. They are the buffers `running_mean`, `running_var` and
 * `num_batches_tracked` of the state dict.
 */
abstract class BatchNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  weight: Parameter | null;
  bias: Parameter | null;
  /** (C), at first 0; null without running averages. */
  readonly runningMean: Tensor | null;
  /** (C), at first 1. */
  readonly runningVar: Tensor | null;
  /** Scalar int32: batches seen in training. */
  readonly numBatchesTracked: Tensor | null;

  /** Throws ValueError unless there is a positive number of channels, and for bad or unknown options. */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, ...rest } = options;
    const kind = this.constructor.name;
    noOther(kind, rest, 'eps, momentum, affine and trackRunningStats');
    if (!(eps >= 0)) throw new ValueError(expected(kind, 'eps >= 0', `${eps}`));
    if (momentum !== null && !(momentum >= 0 && momentum <= 1)) {
      throw new ValueError(expected(kind, 'momentum in [0, 1] or null', `${momentum}`));
    }
    this.numFeatures = wholeNumber(kind, 'numFeatures', numFeatures);
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? newParameter(kind, [numFeatures], ones) : null;
    this.bias = affine ? newParameter(kind, [numFeatures], zeros) : null;
    const buffer = (name: string, shape: readonly number[], value: number, dtype: 'float32' | 'int32') =>
      trackRunningStats ? this.registerBuffer(name, filled(kind, shape, value, dtype, backendOf())) : null;
    this.runningMean = buffer('running_mean', [numFeatures], 0, 'float32');
    this.runningVar = buffer('running_var', [numFeatures], 1, 'float32');
    this.numBatchesTracked = buffer('num_batches_tracked', [], 0, 'int32');
  }

  /** The shape of inputs, for messages. */
  protected abstract readonly input: { readonly text: string; readonly axes: readonly number[] };

  /** y of the shape of x. Throws ShapeError, also in training for channels with fewer than 2 values, and DtypeError. */
  forward(x: Tensor): Tensor {
    const { weight, bias, runningMean, runningVar, numBatchesTracked, momentum, eps, input } = this;
    if (!input.axes.includes(x.ndim) || x.shape[1] !== this.numFeatures) {
      const wanted = `input ${input.text} with C = ${this.numFeatures}`;
      throw new ShapeError(expected(this.constructor.name, wanted, shapeText(x.shape)));
    }
    const { training } = this;
    // without running averages there is no count, and momentum has nothing to act on
    const tracking = numBatchesTracked ? { momentum, batches: numBatchesTracked } : {};
    return batchNorm(x, runningMean, runningVar, weight, bias, { training, eps, ...tracking });
  }

  override describe(): string {
    const { numFeatures, eps, momentum, weight, runningMean } = this;
    return `${numFeatures}, eps=${eps}, momentum=${momentum}, affine=${weight !== null}, trackRunningStats=${runningMean !== null}`;
  }
}

/** Batch normalisation of x (B, C) or (B, C, L); see `BatchNormOptions`. */
export class BatchNorm1d extends BatchNorm {
  protected override readonly input = { text: '(B, C) or (B, C, L)', axes: [2, 3] };
}

/** Batch normalisation of x (B, C, H, W); see `BatchNormOptions`. */
export class BatchNorm2d extends BatchNorm {
  protected override readonly input = { text: '(B, C, H, W)', axes: [4] };
}
