import { conv2d } from '../../autograd/ops/nn/conv2d.js';
import type { Parameter } from '../../autograd/parameter.js';
import { expected, ValueError } from '../../errors.js';
import { conv2dOptions, type Conv2dOptions as Geometry } from '../../tensor/geometry.js';
import { count, countPair, flag } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import { type Pair, pair, pairText } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { fanInUniform } from '../init.js';
import { Module } from '../module.js';
import { type If, makeIf, newParameter } from '../new-parameter.js';

/** Options of `Conv2d`: stride (default 1), padding (0), dilation (1), groups (1) and bias. */
export interface Conv2dOptions<Bias extends boolean = boolean> extends Geometry {
  /** Add a bias. Default true. */
  readonly bias?: Bias;
}

const table: OptionTable<Required<Conv2dOptions>> = { ...conv2dOptions, bias: flag(true) };

/**
 * y (B, O, oH, oW) = x (B, C, H, W) * weight (O, C/groups, kH, kW) + bias (O): cross-correlation, as in PyTorch. Weight
 * and bias are initialised from U(-1/sqrt(n), 1/sqrt(n)), n = C/groups kH kW. `Conv2d<false>` is the type of a layer
 * without bias.
 * @throws ValueError for sizes that are not positive integers, groups that do not divide both channel counts, and
 * unknown options.
 */
export class Conv2d<Bias extends boolean = true> extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  weight: Parameter;
  /** (O), null without bias. */
  bias: If<Bias, Parameter>;

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions<Bias> = {}) {
    super();
    const { stride, padding, dilation, groups, bias } = resolveOptions('Conv2d', table, options);
    this.inChannels = checkArgument('Conv2d', 'inChannels', count(), inChannels);
    this.outChannels = checkArgument('Conv2d', 'outChannels', count(), outChannels);
    this.kernelSize = pair(checkArgument('Conv2d', 'kernelSize', countPair(), kernelSize));
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      const wanted = `groups that divide inChannels ${inChannels} and outChannels ${outChannels}`;
      throw new ValueError(expected('Conv2d', wanted, `${groups}`));
    }
    this.groups = groups;
    this.stride = pair(stride);
    this.padding = pair(padding);
    this.dilation = pair(dilation);
    const shape = [outChannels, inChannels / groups, ...this.kernelSize];
    const fanIn = shape[1] * shape[2] * shape[3];
    const initialise = (p: Parameter) => fanInUniform(p, fanIn);
    this.weight = newParameter('Conv2d', shape, initialise);
    this.bias = makeIf(bias as Bias, () => newParameter('Conv2d', [outChannels], initialise));
  }

  /**
   * Returns y (B, O, oH, oW) for x (B, C, H, W).
   * @throws ShapeError for a shape that does not fit, DtypeError unless x is float32.
   */
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
