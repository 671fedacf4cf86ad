import { dropout } from '../../autograd/ops/nn/dropout.js';
import { share } from '../../tensor/option-kinds.js';
import { checkArgument } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';

/**
 * In training, sets elements to 0 with probability p (default 0.5) and divides the others by 1 - p; in evaluation,
 * returns x unchanged (Srivastava et al., 2014).
 * @throws ValueError unless 0 <= p <= 1.
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    this.p = checkArgument('Dropout', 'p', share(), p);
  }

  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { training: this.training });
  }

  override describe(): string {
    return `p=${this.p}`;
  }
}
