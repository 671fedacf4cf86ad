import { filled } from '../../autograd/ops/fill.js';
import { type BatchNormModeOptions, batchNorm, batchNormOptions } from '../../autograd/ops/nn/batch-norm.js';
import type { Parameter } from '../../autograd/parameter.js';
import { expected, ShapeError, shapeText } from '../../errors.js';
import { backendOf } from '../../tensor/device.js';
import { expectTensor } from '../../tensor/expect.js';
import { count, flag } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { ones, zeros } from '../init.js';
import { Module } from '../module.js';
import { type If, makeIf, newParameter } from '../new-parameter.js';
import { ReLU } from './activations.js';

/** Options of batch normalisation. */
export interface BatchNormOptions<Affine extends boolean = boolean, Tracks extends boolean = boolean> {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Weight of the batch in the running averages; null gives all batches the same weight. Default 0.1. */
  readonly momentum?: number | null;
  /** Learn a weight and a bias per channel. Default true. */
  readonly affine?: Affine;
  /** Keep running averages and use them in evaluation; if false, evaluation uses the batch too. Default true. */
  readonly trackRunningStats?: Tracks;
}

const table = {
  eps: batchNormOptions.eps,
  momentum: batchNormOptions.momentum,
  affine: flag(true),
  trackRunningStats: flag(true),
} satisfies OptionTable<BatchNormOptions>;

const reluForward = ReLU.prototype.forward;

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias for each of C channels (Ioffe and Szegedy, "Batch
 * normalization", 2015). Training uses the mean and biased variance of the batch, and moves the running averages
 * towards its mean and unbiased variance:
 *
 *     running = (1 - momentum) running + momentum batch
 *
 * Evaluation uses the running averages. In the state dict they and the number of batches are the buffers
 * `running_mean`, `running_var` and `num_batches_tracked`.
 */
export abstract class BatchNorm<Affine extends boolean, Tracks extends boolean> extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  /** (C), initialised to 1; null if not affine. */
  weight: If<Affine, Parameter>;
  /** (C), initialised to 0; null if not affine. */
  bias: If<Affine, Parameter>;
  /** (C), initialised to 0; null without running averages. */
  readonly runningMean: If<Tracks, Tensor>;
  /** (C), initialised to 1; null without running averages. */
  readonly runningVar: If<Tracks, Tensor>;
  /** Scalar int32: number of batches seen in training; null without running averages. */
  readonly numBatchesTracked: If<Tracks, Tensor>;

  /** @throws ValueError for a number of channels that is not a positive integer, and for bad or unknown options. */
  constructor(numFeatures: number, options: BatchNormOptions<Affine, Tracks> = {}) {
    super();
    const label = this.constructor.name;
    const { eps, momentum, affine, trackRunningStats } = resolveOptions(label, table, options);
    this.numFeatures = checkArgument(label, 'numFeatures', count(), numFeatures);
    this.eps = eps;
    this.momentum = momentum;
    this.weight = makeIf(affine as Affine, () => newParameter(label, [numFeatures], ones));
    this.bias = makeIf(affine as Affine, () => newParameter(label, [numFeatures], zeros));
    const buffer = (name: string, shape: readonly number[], value: number, dtype: 'float32' | 'int32') =>
      makeIf(trackRunningStats as Tracks, () =>
        this.registerBuffer(name, filled(label, shape, value, dtype, backendOf())),
      );
    this.runningMean = buffer('running_mean', [numFeatures], 0, 'float32');
    this.runningVar = buffer('running_var', [numFeatures], 1, 'float32');
    this.numBatchesTracked = buffer('num_batches_tracked', [], 0, 'int32');
  }

  /** The shapes that inputs may have: as text for messages, and as numbers of axes. */
  protected abstract readonly input: { readonly text: string; readonly axes: readonly number[] };

  /**
   * Returns y of the shape of x; with `residual` or `relu`, relu(y + residual) in the same pass over memory.
   * @throws ShapeError for a shape that does not fit, and, where the statistics of the batch are used, for channels with
   * fewer than 2 values; DtypeError unless x is float32.
   */
  forward(x: Tensor, then?: Pick<BatchNormModeOptions, 'residual' | 'relu'>): Tensor {
    expectTensor(this.constructor.name, x);
    const { weight, bias, runningMean, runningVar, numBatchesTracked, momentum, eps, input } = this;
    if (!input.axes.includes(x.ndim) || x.shape[1] !== this.numFeatures) {
      const wanted = `input ${input.text} with C = ${this.numFeatures}`;
      throw new ShapeError(expected(this.constructor.name, wanted, shapeText(x.shape)));
    }
    const { training } = this;
    // momentum has no effect without running averages
    const tracking = numBatchesTracked ? { momentum, batches: numBatchesTracked } : {};
    return batchNorm(x, runningMean, runningVar, weight, bias, { ...then, training, eps, ...tracking });
  }

  /** @internal For `Sequential`: computes a ReLU that follows, unless the forward of either layer was replaced. */
  forwardWithNext(x: Tensor, next: Module | undefined): Tensor | null {
    const own = this.forward === BatchNorm.prototype.forward && next?.forward === reluForward;
    return own ? this.forward(x, { relu: true }) : null;
  }

  override describe(): string {
    const { numFeatures, eps, momentum, weight, runningMean } = this;
    return `${numFeatures}, eps=${eps}, momentum=${momentum}, affine=${weight !== null}, trackRunningStats=${runningMean !== null}`;
  }
}

/** Batch normalisation of x (B, C) or (B, C, L); see `BatchNormOptions`. */
export class BatchNorm1d<Affine extends boolean = true, Tracks extends boolean = true> extends BatchNorm<
  Affine,
  Tracks
> {
  protected override readonly input = { text: '(B, C) or (B, C, L)', axes: [2, 3] };
}

/** Batch normalisation of x (B, C, H, W); see `BatchNormOptions`. */
export class BatchNorm2d<Affine extends boolean = true, Tracks extends boolean = true> extends BatchNorm<
  Affine,
  Tracks
> {
  protected override readonly input = { text: '(B, C, H, W)', axes: [4] };
}
