import { type CrossEntropyOptions, crossEntropy, crossEntropyOptions } from '../../autograd/ops/loss/cross-entropy.js';
import { binaryCrossEntropyWithLogits, l1Loss, mseLoss } from '../../autograd/ops/loss/elementwise-losses.js';
import { nllLoss } from '../../autograd/ops/loss/nll-loss.js';
import {
  type LabelLossOptions,
  type LossOptions,
  labelLossOptions,
  lossOptions,
} from '../../autograd/ops/loss/row-losses.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';

/** Base class of losses: stores their options. */
export abstract class Loss<O extends LossOptions> extends Module {
  /** The options as given. */
  readonly options: Readonly<O>;

  constructor(table: OptionTable<O>, options: O) {
    super();
    resolveOptions(this.constructor.name, table, options);
    this.options = { ...options };
  }

  override describe(): string {
    const given = Object.entries(this.options).map(([name, value]) => `${name}=${value}`);
    return given.join(', ');
  }
}

/**
 * Cross-entropy of softmax(logits) and labels; see `functional.crossEntropy`.
 * @throws ValueError for unknown options.
 */
export class CrossEntropyLoss extends Loss<CrossEntropyOptions> {
  constructor(options: CrossEntropyOptions = {}) {
    super(crossEntropyOptions, options);
  }

  /**
   * Returns the loss of logits (N, C, ...) for labels (N, ...).
   * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options or a label
   * outside [0, C) that is not ignored.
   */
  forward(logits: Tensor, labels: Tensor): Tensor {
    return crossEntropy(logits, labels, this.options);
  }
}

/**
 * Negative log-likelihood of labels; see `functional.nllLoss`.
 * @throws ValueError for unknown options.
 */
export class NLLLoss extends Loss<LabelLossOptions> {
  constructor(options: LabelLossOptions = {}) {
    super(labelLossOptions, options);
  }

  /**
   * Returns the loss of log-probabilities (N, C, ...) for labels (N, ...).
   * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options or a label
   * outside [0, C) that is not ignored.
   */
  forward(logProbabilities: Tensor, labels: Tensor): Tensor {
    return nllLoss(logProbabilities, labels, this.options);
  }
}

/**
 * Squared differences; see `functional.mseLoss`.
 * @throws ValueError for unknown options.
 */
export class MSELoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(lossOptions, options);
  }

  /**
   * Returns the loss of x for a target of the same shape.
   * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options.
   */
  forward(x: Tensor, target: Tensor): Tensor {
    return mseLoss(x, target, this.options);
  }
}

/**
 * Absolute differences; see `functional.l1Loss`.
 * @throws ValueError for unknown options.
 */
export class L1Loss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(lossOptions, options);
  }

  /**
   * Returns the loss of x for a target of the same shape.
   * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options.
   */
  forward(x: Tensor, target: Tensor): Tensor {
    return l1Loss(x, target, this.options);
  }
}

/**
 * Cross-entropy of sigmoid(x) and probabilities; see `functional.binaryCrossEntropyWithLogits`.
 * @throws ValueError for unknown options.
 */
export class BCEWithLogitsLoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(lossOptions, options);
  }

  /**
   * Returns the loss of logits x for a target of the same shape.
   * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options.
   */
  forward(x: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(x, target, this.options);
  }
}
