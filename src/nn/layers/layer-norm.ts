import { layerNorm } from '../../autograd/ops/nn/layer-norm.js';
import type { Parameter } from '../../autograd/parameter.js';
import { expected, ValueError } from '../../errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { ones, zeros } from '../init.js';
import { Module } from '../module.js';
import { newParameter } from '../new-parameter.js';
import { noOther, wholeNumber } from '../options.js';

/** Options of `LayerNorm`. */
export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Learn a weight and a bias per element. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Learn a bias, where there is a weight. Default true. */
  readonly bias?: boolean;
}

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias with mean and biased variance over the last axes of x, which
 * `normalizedShape` gives, a number for one axis (Ba, Kiros, Hinton, "Layer normalization", 2016). Throws ValueError
 * for bad sizes and options.
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, bias = true, ...rest } = options;
    noOther('LayerNorm', rest, 'eps, elementwiseAffine and bias');
    if (!(eps >= 0)) throw new ValueError(expected('LayerNorm', 'eps >= 0', `${eps}`));
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    for (const length of this.normalizedShape) wholeNumber('LayerNorm', 'normalizedShape', length);
    this.eps = eps;
    this.weight = elementwiseAffine ? newParameter('LayerNorm', this.normalizedShape, ones) : null;
    this.bias = elementwiseAffine && bias ? newParameter('LayerNorm', this.normalizedShape, zeros) : null;
  }

  /** y of the shape of x (..., ...normalizedShape). Throws ShapeError or DtypeError. */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, this.eps);
  }

  override describe(): string {
    return `(${this.normalizedShape.join(', ')}), eps=${this.eps}, elementwiseAffine=${this.weight !== null}`;
  }
}
