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

/** What losses share: their options. */
export abstract class Loss<O extends LossOptions> extends Module {
  /** The options that were given. */
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

/** Cross-entropy of softmax(logits) and labels; see `functional.crossEntropy`. Throws ValueError for unknown options. */
export class CrossEntropyLoss extends Loss<CrossEntropyOptions> {
  constructor(options: CrossEntropyOptions = {}) {
    super(crossEntropyOptions, options);
  }

  /** Logits (N, C, ...) against labels (N, ...). Throws ShapeError, DtypeError or ValueError. */
  forward(logits: Tensor, labels: Tensor): Tensor {
    return crossEntropy(logits, labels, this.options);
  }
}

/** Negative log-likelihood of labels; see `functional.nllLoss`. Throws ValueError for unknown options. */
export class NLLLoss extends Loss<LabelLossOptions> {
  constructor(options: LabelLossOptions = {}) {
    super(labelLossOptions, options);
  }

  /** Log-probabilities (N, C, ...) against labels (N, ...). Throws ShapeError, DtypeError or ValueError. */
  forward(logProbabilities: Tensor, labels: Tensor): Tensor {
    return nllLoss(logProbabilities, labels, this.options);
  }
}

/** Squared differences; see `functional.mseLoss`. Throws ValueError for unknown options. */
export class MSELoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(lossOptions, options);
  }

  /** x against a target of its shape. Throws ShapeError, DtypeError or ValueError. */
  forward(x: Tensor, target: Tensor): Tensor {
    return mseLoss(x, target, this.options);
  }
}

/** Absolute differences; see `functional.l1Loss`. Throws ValueError for unknown options. */
export class L1Loss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(lossOptions, options);
  }

  /** x against a target of its shape. Throws ShapeError, DtypeError or ValueError. */
  forward(x: Tensor, target: Tensor): Tensor {
    return l1Loss(x, target, this.options);
  }
}

/** Cross-entropy of sigmoid(x) and probabilities; see `functional.binaryCrossEntropyWithLogits`. Throws ValueError. */
export class BCEWithLogitsLoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(lossOptions, options);
  }

  /** Logits x against a target of their shape. Throws ShapeError, DtypeError or ValueError. */
  forward(x: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(x, target, this.options);
  }
}
