import { formula } from '../formula/formula.js';
import { mapInto } from '../tensor/run.js';
import { keep } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { setRequiresGrad } from './graph.js';
import { noGrad } from './mode.js';
import { expectShape } from './ops/expect.js';

const copy = formula('y = x', { tensors: ['x', 'y'] });

/**
 * Copies the values of `from` into `to`, in place.
 * @throws ShapeError unless the shapes are equal.
 */
export function assign(to: Tensor, from: Tensor): void {
  expectShape('assign', 'shape', from, to.shape);
  noGrad(() => mapInto('assign', copy, { x: from, y: to }));
}

/** A persistent leaf that requires a gradient: no scope frees it, and optimizers update it in place. */
export class Parameter extends Tensor {
  /** Shares the memory of `t`, which stays usable. */
  constructor(t: Tensor) {
    super(t.storage, t.shape, 'Parameter');
    keep(this);
    setRequiresGrad(this, true);
  }

  /**
   * Copies the values of `t` into this parameter, in place.
   * @throws ShapeError unless the shapes are equal.
   */
  assign(t: Tensor): this {
    assign(this, t);
    return this;
  }
}
