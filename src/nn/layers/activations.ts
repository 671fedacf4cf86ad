import {
  elu,
  gelu,
  leakyRelu,
  relu,
  type SoftplusOptions,
  sigmoid,
  silu,
  softplus,
  tanh,
} from '../../autograd/ops/math/activation.js';
import { logSoftmax, softmax } from '../../autograd/ops/math/softmax.js';
import { finite, integer, positive } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';

/** y = max(x, 0). */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** y = x where x > 0, slope x elsewhere; slope defaults to 0.01. */
export class LeakyReLU extends Module {
  readonly slope: number;

  constructor(slope = 0.01) {
    super();
    this.slope = checkArgument('LeakyReLU', 'slope', finite(), slope);
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.slope);
  }

  override describe(): string {
    return `slope=${this.slope}`;
  }
}

/** y = x Phi(x) with the normal distribution function Phi (Hendrycks and Gimpel, 2016). */
export class GELU extends Module {
  forward(x: Tensor): Tensor {
    return gelu(x);
  }
}

/** y = x sigmoid(x), also called swish. */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** y = x where x > 0, alpha (exp(x) - 1) elsewhere; alpha defaults to 1 (Clevert, Unterthiner, Hochreiter, 2016). */
export class ELU extends Module {
  readonly alpha: number;

  constructor(alpha = 1) {
    super();
    this.alpha = checkArgument('ELU', 'alpha', finite(), alpha);
  }

  forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }

  override describe(): string {
    return `alpha=${this.alpha}`;
  }
}

/** y = 1 / (1 + exp(-x)). */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** y = tanh x. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

const softplusTable = { beta: positive(1), threshold: finite(20) } satisfies OptionTable<SoftplusOptions>;

/**
 * y = log(1 + exp(beta x)) / beta, and x where beta x > threshold; beta defaults to 1, threshold to 20.
 * @throws ValueError unless beta is positive, and for unknown options.
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(options: SoftplusOptions = {}) {
    super();
    const { beta, threshold } = resolveOptions('Softplus', softplusTable, options);
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(x: Tensor): Tensor {
    const { beta, threshold } = this;
    return softplus(x, { beta, threshold });
  }

  override describe(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/** Base class of `Softmax` and `LogSoftmax`: stores the axis. */
export abstract class AlongAxis extends Module {
  readonly axis: number;

  constructor(axis = -1) {
    super();
    this.axis = checkArgument(this.constructor.name, 'axis', integer(), axis);
  }

  override describe(): string {
    return `axis=${this.axis}`;
  }
}

/** y = exp(x) / (sum of exp(x)) along an axis, by default the last one. */
export class Softmax extends AlongAxis {
  /** @throws ValueError for an invalid axis. */
  forward(x: Tensor): Tensor {
    return softmax(x, this.axis);
  }
}

/** y = log(softmax(x)) along an axis, by default the last one. */
export class LogSoftmax extends AlongAxis {
  /** @throws ValueError for an invalid axis. */
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.axis);
  }
}
