import { linear } from '../../autograd/ops/nn/linear.js';
import type { Parameter } from '../../autograd/parameter.js';
import type { Tensor } from '../../tensor/tensor.js';
import { fanInUniform } from '../init.js';
import { Module } from '../module.js';
import { newParameter } from '../new-parameter.js';
import { noOther, wholeNumber } from '../options.js';

/** Options of `Linear`. */
export interface LinearOptions {
  /** Add a bias. Default true. */
  readonly bias?: boolean;
}

/**
 * y (..., out) = x (..., in) weight^T + bias with weight (out, in) and bias (out), both uniform in +-1 / sqrt(in) at
 * first. Throws ValueError for sizes that are no positive integers and for unknown options.
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    const { bias = true, ...rest } = options;
    noOther('Linear', rest, 'bias');
    this.inFeatures = wholeNumber('Linear', 'inFeatures', inFeatures);
    this.outFeatures = wholeNumber('Linear', 'outFeatures', outFeatures);
    const initialise = (p: Parameter) => fanInUniform(p, inFeatures);
    this.weight = newParameter('Linear', [outFeatures, inFeatures], initialise);
    this.bias = bias ? newParameter('Linear', [outFeatures], initialise) : null;
  }

  /** y (..., out) of x (..., in). Throws ShapeError or DtypeError. */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }

  override describe(): string {
    return `${this.inFeatures}, ${this.outFeatures}, bias=${this.bias !== null}`;
  }
}
