import { dropout, dropout2d } from '../../autograd/ops/nn/dropout.js';
import { share } from '../../tensor/option-kinds.js';
import { checkArgument } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';

/** Base class of dropout layers: stores the probability of zeroing. */
export abstract class DropoutBase extends Module {
  readonly p: number;

  /** @throws ValueError for p outside [0, 1]. */
  constructor(p = 0.5) {
    super();
    this.p = checkArgument(this.constructor.name, 'p', share(), p);
  }

  override describe(): string {
    return `p=${this.p}`;
  }
}

/**
 * In training, sets elements to 0 with probability p (default 0.5) and divides the others by 1 - p; in evaluation,
 * returns x unchanged (Srivastava et al., 2014).
 * @throws ValueError unless 0 <= p <= 1.
 */
export class Dropout extends DropoutBase {
  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { training: this.training });
  }
}

/**
 * In training, sets channels of x (B, C, H, W) to 0 as a whole, each with probability p (default 0.5), and divides the
 * others by 1 - p; in evaluation, returns x unchanged (Tompson et al., "Efficient object localization using
 * convolutional networks", 2015).
 * @throws ValueError unless 0 <= p <= 1.
 */
export class Dropout2d extends DropoutBase {
  /**
   * Returns y of the shape of x.
   * @throws ShapeError for another number of axes, DtypeError unless x is float32.
   */
  forward(x: Tensor): Tensor {
    return dropout2d(x, this.p, { training: this.training });
  }
}
