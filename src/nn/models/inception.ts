import { checkpoint } from '../../autograd/checkpoint.js';
import { isGradEnabled } from '../../autograd/mode.js';
import { relu } from '../../autograd/ops/math/activation.js';
import { adaptiveAvgPool2d } from '../../autograd/ops/nn/adaptive-pool2d.js';
import { cat } from '../../autograd/ops/shape/cat.js';
import { flatten } from '../../autograd/ops/shape/reshape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { ReLU } from '../layers/activations.js';
import { BatchNorm2d } from '../layers/batch-norm.js';
import { Conv2d } from '../layers/conv2d.js';
import { Dropout } from '../layers/dropout.js';
import { Linear } from '../layers/linear.js';
import { MaxPool2d } from '../layers/pooling.js';
import { type Layer, Module } from '../module.js';
import { Sequential } from '../sequential.js';
import { BasicConv2d } from './conv-norm.js';
import { inScope } from './layer-chain.js';
import type { Stem } from './stem.js';

/**
 * Output channels of the convolutions of an Inception block: of one in the first branch, two in the second, the first
 * and the last in the third, one in the fourth.
 */
export type InceptionPlanes = readonly [number, number, number, number, number, number];

/** A convolution with a bias, batch normalisation and ReLU: the unit of the form for CIFAR. */
export function plainUnit(inPlanes: number, outPlanes: number, kernelSize: number): Layer[] {
  const conv = new Conv2d(inPlanes, outPlanes, kernelSize, { padding: (kernelSize - 1) / 2 });
  return [conv, new BatchNorm2d(outPlanes), new ReLU()];
}

/**
 * Four branches side by side: a 1x1 convolution, a 3x3 convolution, a 5x5 convolution, and pooling, each of the last
 * three with a 1x1 convolution that reduces channels. Two 3x3 convolutions take the place of 5x5 in the form for CIFAR,
 * one in that for ImageNet, as in torchvision. Maps x (B, C, H, W) to (B, channels of all branches, H, W).
 */
export class Inception extends Module {
  readonly memoryEfficient: boolean;

  constructor(
    inPlanes: number,
    [first, reduce2, second, reduce3, third, fourth]: InceptionPlanes,
    { stem, memoryEfficient }: { readonly stem: Stem; readonly memoryEfficient: boolean },
  ) {
    super();
    this.memoryEfficient = memoryEfficient;
    const pool = new MaxPool2d(3, { stride: 1, padding: 1 });
    if (stem === 'cifar') {
      const unit = plainUnit;
      Object.assign(this, {
        b1: new Sequential(...unit(inPlanes, first, 1)),
        b2: new Sequential(...unit(inPlanes, reduce2, 1), ...unit(reduce2, second, 3)),
        b3: new Sequential(...unit(inPlanes, reduce3, 1), ...unit(reduce3, third, 3), ...unit(third, third, 3)),
        b4: new Sequential(pool, ...unit(inPlanes, fourth, 1)),
      });
    } else {
      const unit = (from: number, to: number, kernelSize: number) => new BasicConv2d(from, to, kernelSize);
      Object.assign(this, {
        branch1: unit(inPlanes, first, 1),
        branch2: new Sequential(unit(inPlanes, reduce2, 1), unit(reduce2, second, 3)),
        branch3: new Sequential(unit(inPlanes, reduce3, 1), unit(reduce3, third, 3)),
        branch4: new Sequential(pool, unit(inPlanes, fourth, 1)),
      });
    }
  }

  /** The outputs of the branches, side by side. */
  forward(x: Tensor): Tensor {
    const { memoryEfficient } = this;
    const results = (this.children() as Layer[]).map((branch) =>
      inScope(() => (memoryEfficient ? checkpoint((t) => branch.forward(t), x) : branch.forward(x))),
    );
    const y = cat(results, 1);
    // nothing needs them, or backward computes them again
    if (memoryEfficient || !isGradEnabled()) for (const t of results) t.dispose();
    return y;
  }
}

/** An auxiliary classifier (Szegedy et al. 2015): x (B, C, H, W) to logits (B, numClasses). */
export class InceptionAux extends Module {
  conv: BasicConv2d;
  fc1: Linear;
  fc2: Linear;
  dropout: Dropout;

  constructor(inPlanes: number, planes: number, numClasses: number, p: number) {
    super();
    this.conv = new BasicConv2d(inPlanes, planes, 1);
    this.fc1 = new Linear(16 * planes, 8 * planes);
    this.fc2 = new Linear(8 * planes, numClasses);
    this.dropout = new Dropout(p);
  }

  /** Means over a grid of 4x4 windows, a 1x1 convolution, and two linear layers. */
  forward(x: Tensor): Tensor {
    const y = flatten(this.conv.forward(adaptiveAvgPool2d(x, 4)), 1);
    return this.fc2.forward(this.dropout.forward(relu(this.fc1.forward(y))));
  }
}
