import { layerNorm } from '../../autograd/ops/nn/layer-norm.js';
import type { Parameter } from '../../autograd/parameter.js';
import { counts, flag, nonNegative } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { ones, zeros } from '../init.js';
import { Module } from '../module.js';
import { type If, makeIf, newParameter } from '../new-parameter.js';

/** Options of `LayerNorm`. */
export interface LayerNormOptions<Affine extends boolean = boolean, Bias extends boolean = boolean> {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Learn a weight and a bias per element. Default true. */
  readonly elementwiseAffine?: Affine;
  /** Learn a bias, if there is a weight. Default true. */
  readonly bias?: Bias;
}

const table = {
  eps: nonNegative(1e-5),
  elementwiseAffine: flag(true),
  bias: flag(true),
} satisfies OptionTable<LayerNormOptions>;

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias, with the mean and biased variance over the last axes of x
 * (Ba, Kiros, Hinton, "Layer normalization", 2016). `normalizedShape` contains the lengths of these axes; a number
 * means one axis.
 * @throws ValueError for bad sizes and options.
 */
export class LayerNorm<Affine extends boolean = true, Bias extends boolean = true> extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  /** Initialised to 1; null without elementwiseAffine. */
  weight: If<Affine, Parameter>;
  /** Initialised to 0; null without elementwiseAffine or bias. */
  bias: If<Affine, If<Bias, Parameter>>;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions<Affine, Bias> = {}) {
    super();
    const { eps, elementwiseAffine, bias } = resolveOptions('LayerNorm', table, options);
    const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
    this.normalizedShape = [...checkArgument('LayerNorm', 'normalizedShape', counts(), shape)];
    this.eps = eps;
    const has = { weight: elementwiseAffine as Affine, bias: bias as Bias };
    this.weight = makeIf(has.weight, () => newParameter('LayerNorm', shape, ones));
    this.bias = makeIf(has.weight, () => makeIf(has.bias, () => newParameter('LayerNorm', shape, zeros)));
  }

  /**
   * Returns y of the shape of x (..., ...normalizedShape).
   * @throws ShapeError for a shape that does not fit, DtypeError unless x is float32.
   */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, this.eps);
  }

  override describe(): string {
    return `(${this.normalizedShape.join(', ')}), eps=${this.eps}, elementwiseAffine=${this.weight !== null}`;
  }
}
