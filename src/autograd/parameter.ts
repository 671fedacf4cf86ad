import { expectTensor } from '../tensor/expect.js';
import { prepareCopy } from '../tensor/host.js';
import { keep } from '../tensor/memory/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { setRequiresGrad } from './graph.js';
import { noGrad } from './mode.js';
import { expectShape } from './ops/expect.js';

/**
 * Copies the values of `from` into `to`, in place; they may be on different devices.
 * @throws ShapeError unless the shapes are equal, DeviceError if `from` is on another device that cannot be read
 * synchronously.
 */
export function assign(to: Tensor, from: Tensor): void {
  expectShape('assign', 'shape', from, to.shape);
  noGrad(prepareCopy('assign', to, from));
}

/** A persistent leaf that requires a gradient: no scope frees it, and optimizers update it in place. */
export class Parameter extends Tensor {
  /** Shares the memory of `t`, which stays usable. */
  constructor(t: Tensor) {
    expectTensor('Parameter', t);
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
