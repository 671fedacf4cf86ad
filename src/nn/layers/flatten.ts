import { flatten } from '../../autograd/ops/shape/reshape.js';
import { integer } from '../../tensor/option-kinds.js';
import { checkArgument } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';

/** Joins axes `start` to `end` (inclusive; by default all but the first) into one. */
export class Flatten extends Module {
  readonly start: number;
  readonly end: number;

  constructor(start = 1, end = -1) {
    super();
    this.start = checkArgument('Flatten', 'start', integer(), start);
    this.end = checkArgument('Flatten', 'end', integer(), end);
  }

  forward(x: Tensor): Tensor {
    return flatten(x, this.start, this.end);
  }

  override describe(): string {
    return `start=${this.start}, end=${this.end}`;
  }
}
