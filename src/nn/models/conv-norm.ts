import { relu } from '../../autograd/ops/math/activation.js';
import { add } from '../../autograd/ops/math/arithmetic.js';
import { type Pair, sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type KaimingOptions, kaimingNormal, zeros } from '../init.js';
import { BatchNorm, BatchNorm2d } from '../layers/batch-norm.js';
import { Conv2d } from '../layers/conv2d.js';
import { Module } from '../module.js';

/** A convolution that divides the resolution by its stride; the batch normalisation after it makes a bias useless. */
export function convolution(inPlanes: number, outPlanes: number, kernelSize: number, stride: Pair = 1): Conv2d<false> {
  return new Conv2d(inPlanes, outPlanes, kernelSize, { stride, padding: (kernelSize - 1) / 2, bias: false });
}

/** relu(norm x + residual), in one pass unless the layer has a forward of its own or the sum broadcasts. */
export function rectified(norm: BatchNorm2d, x: Tensor, residual: Tensor | null = null): Tensor {
  const fits = !residual || sameShape(residual.shape, x.shape);
  if (fits && norm.forward === BatchNorm.prototype.forward) return norm.forward(x, { residual, relu: true });
  const y = norm.forward(x);
  return relu(residual ? add(y, residual) : y);
}

/** A convolution without bias, batch normalisation with eps 0.001, ReLU: the unit of torchvision's GoogLeNet. */
export class BasicConv2d extends Module {
  conv: Conv2d<false>;
  bn: BatchNorm2d;

  constructor(inPlanes: number, outPlanes: number, kernelSize: number, stride: Pair = 1) {
    super();
    this.conv = convolution(inPlanes, outPlanes, kernelSize, stride);
    this.bn = new BatchNorm2d(outPlanes, { eps: 0.001 });
  }

  /** relu(bn(conv x)). */
  forward(x: Tensor): Tensor {
    return rectified(this.bn, this.conv.forward(x));
  }
}

/** Initialises the convolutions below `net` as torchvision does: He's normal distribution for `mode`, and no bias. */
export function initConvolutions(net: Module, mode: KaimingOptions['mode']): void {
  for (const layer of net.modules()) {
    if (!(layer instanceof Conv2d)) continue;
    kaimingNormal(layer.weight, { mode, nonlinearity: 'relu' });
    if (layer.bias) zeros(layer.bias);
  }
}
