import { linear } from '../../autograd/ops/nn/linear.js';
import type { Parameter } from '../../autograd/parameter.js';
import { count, flag } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { fanInUniform } from '../init.js';
import { Module } from '../module.js';
import { type If, makeIf, newParameter } from '../new-parameter.js';

/** Options of `Linear`. */
export interface LinearOptions<Bias extends boolean = boolean> {
  /** Add a bias. Default true. */
  readonly bias?: Bias;
}

const table = { bias: flag(true) } satisfies OptionTable<LinearOptions>;

/**
 * y (..., out) = x (..., in) weight^T + bias with weight (out, in) and bias (out), both initialised from
 * U(-1/sqrt(in), 1/sqrt(in)). `Linear<false>` is the type of a layer without bias.
 * @throws ValueError for sizes that are not positive integers and for unknown options.
 */
export class Linear<Bias extends boolean = true> extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  /** (out), null without bias. */
  bias: If<Bias, Parameter>;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions<Bias> = {}) {
    super();
    const { bias } = resolveOptions('Linear', table, options);
    this.inFeatures = checkArgument('Linear', 'inFeatures', count(), inFeatures);
    this.outFeatures = checkArgument('Linear', 'outFeatures', count(), outFeatures);
    const initialise = (p: Parameter) => fanInUniform(p, inFeatures);
    this.weight = newParameter('Linear', [outFeatures, inFeatures], initialise);
    this.bias = makeIf(bias as Bias, () => newParameter('Linear', [outFeatures], initialise));
  }

  /**
   * Returns y (..., out) for x (..., in).
   * @throws ShapeError for a shape that does not fit, DtypeError unless x is float32.
   */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }

  override describe(): string {
    return `${this.inFeatures}, ${this.outFeatures}, bias=${this.bias !== null}`;
  }
}
