import { conv2d } from '../../autograd/ops/nn/conv2d.js';
import type { Parameter } from '../../autograd/parameter.js';
import { ValueError } from '../../errors.js';
import type { Conv2dOptions as Geometry, Pair } from '../../tensor/geometry.js';
import type { Tensor } from '../../tensor/tensor.js';
import { fanInUniform } from '../init.js';
import { Module } from '../module.js';
import { newParameter } from '../new-parameter.js';
import { noOther, pairText, wholeNumber, wholePair } from '../options.js';

/** Options of `Conv2d`: stride (default 1), padding (0), dilation (1), groups (1) and bias. */
export interface Conv2dOptions extends Geometry {
  /** Add a bias. Default true. */
  readonly bias?: boolean;
}

/**
 * y (B, O, oH, oW) = x (B, C, H, W) * weight (O, C/groups, kH, kW) + bias (O), cross-correlation as in PyTorch. Weight
 * and bias are uniform in +-1 / sqrt(C/groups kH kW) at first. Throws ValueError for sizes that are no positive whole
 * numbers, groups that do not divide both channel counts, and unknown options.
 */
export class Conv2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions = {}) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, ...rest } = options;
    noOther('Conv2d', rest, 'stride, padding, dilation, groups and bias');
    this.inChannels = wholeNumber('Conv2d', 'inChannels', inChannels);
    this.outChannels = wholeNumber('Conv2d', 'outChannels', outChannels);
    this.groups = wholeNumber('Conv2d', 'groups', groups);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ValueError(
        `Conv2d: expected groups that divide inChannels ${inChannels} and outChannels ${outChannels}, got ${groups}`,
      );
    }
    this.kernelSize = wholePair('Conv2d', 'kernelSize', kernelSize);
    this.stride = wholePair('Conv2d', 'stride', stride);
    this.padding = wholePair('Conv2d', 'padding', padding, 0);
    this.dilation = wholePair('Conv2d', 'dilation', dilation);
    const shape = [outChannels, inChannels / groups, ...this.kernelSize];
    const fanIn = shape[1] * shape[2] * shape[3];
    this.weight = newParameter('Conv2d', shape, (p) => fanInUniform(p, fanIn));
    this.bias = bias ? newParameter('Conv2d', [outChannels], (p) => fanInUniform(p, fanIn)) : null;
  }

  /** y (B, O, oH, oW) of x (B, C, H, W). Throws ShapeError or DtypeError. */
  forward(x: Tensor): Tensor {
    const { stride, padding, dilation, groups } = this;
    return conv2d(x, this.weight, this.bias, { stride, padding, dilation, groups });
  }

  override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups } = this;
    const rare = [
      dilation.some((d) => d !== 1) && `, dilation=${pairText(dilation)}`,
      groups !== 1 && `, groups=${groups}`,
    ];
    return `${inChannels}, ${outChannels}, kernelSize=${pairText(kernelSize)}, stride=${pairText(stride)}, padding=${pairText(padding)}${rare.filter(Boolean).join('')}, bias=${this.bias !== null}`;
  }
}
