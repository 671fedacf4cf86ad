import { checkpoint } from '../../autograd/checkpoint.js';
import { dropout } from '../../autograd/ops/nn/dropout.js';
import { cat } from '../../autograd/ops/shape/cat.js';
import type { Tensor } from '../../tensor/tensor.js';
import { BatchNorm2d } from '../layers/batch-norm.js';
import type { Conv2d } from '../layers/conv2d.js';
import { AvgPool2d } from '../layers/pooling.js';
import { Module } from '../module.js';
import { convolution, rectified } from './conv-norm.js';
import { inScope } from './layer-chain.js';
import type { Stem } from './stem.js';

/** What all layers of a dense network have in common. */
export interface DenseOptions {
  readonly stem: Stem;
  /** Channels that a layer adds. */
  readonly growthRate: number;
  /** Probability of dropout on them. */
  readonly dropRate: number;
  /** Recompute concatenations and normalisations in backward. */
  readonly memoryEfficient: boolean;
}

/**
 * Computes new features (B, growthRate, H, W) from all features before them in the block, a list of (B, C_i, H, W),
 * with a 1x1 convolution to 4 growthRate channels and a 3x3 convolution. In the form for CIFAR the normalisations are
 * `bn1` and `bn2`, in that for ImageNet `norm1` and `norm2`.
 */
export class DenseLayer extends Module {
  readonly dropRate: number;
  readonly memoryEfficient: boolean;

  constructor(inPlanes: number, { stem, growthRate, dropRate, memoryEfficient }: DenseOptions) {
    super();
    this.dropRate = dropRate;
    this.memoryEfficient = memoryEfficient;
    const norm = stem === 'cifar' ? 'bn' : 'norm';
    const planes = 4 * growthRate;
    Object.assign(this, {
      [`${norm}1`]: new BatchNorm2d(inPlanes),
      conv1: convolution(inPlanes, planes, 1),
      [`${norm}2`]: new BatchNorm2d(planes),
      conv2: convolution(planes, growthRate, 3),
    });
  }

  /** conv2(relu(norm2(conv1(relu(norm1(features)))))). */
  forward(features: readonly Tensor[]): Tensor {
    const [norm1, conv1, norm2, conv2] = this.children() as [BatchNorm2d, Conv2d<false>, BatchNorm2d, Conv2d<false>];
    const squeeze = (...parts: Tensor[]) => conv1.forward(rectified(norm1, cat(parts, 1)));
    const expand = (x: Tensor) => conv2.forward(rectified(norm2, x));
    const y = this.memoryEfficient
      ? checkpoint(expand, checkpoint(squeeze, ...features))
      : expand(squeeze(...features));
    return dropout(y, this.dropRate, { training: this.training });
  }
}

/**
 * Dense layers, each of which sees the input and what all layers before it added: x (B, C, H, W) to (B, C + length
 * growthRate, H, W). Their names are `0`, `1`, ..., in the form for ImageNet `denselayer1`, `denselayer2`, ...
 */
export class DenseBlock extends Module {
  readonly #newFirst: boolean;

  constructor(length: number, inPlanes: number, options: DenseOptions) {
    super();
    // weights of the two forms are made for different orders of channels
    this.#newFirst = options.stem === 'cifar';
    for (let i = 0; i < length; i++) {
      const name = options.stem === 'cifar' ? `${i}` : `denselayer${i + 1}`;
      Object.assign(this, { [name]: new DenseLayer(inPlanes + i * options.growthRate, options) });
    }
  }

  /** The input and all that the layers added, side by side. */
  forward(x: Tensor): Tensor {
    let features = [x];
    for (const layer of this.children() as DenseLayer[]) {
      const added = inScope(() => layer.forward(features));
      features = this.#newFirst ? [added, ...features] : [...features, added];
    }
    return cat(features, 1);
  }
}

/** Halves channels and resolution between blocks: x (B, C, H, W) to (B, floor(C / 2), H / 2, W / 2). */
export class DenseTransition extends Module {
  constructor(inPlanes: number, stem: Stem) {
    super();
    Object.assign(this, {
      [stem === 'cifar' ? 'bn' : 'norm']: new BatchNorm2d(inPlanes),
      conv: convolution(inPlanes, Math.floor(inPlanes / 2), 1),
      pool: new AvgPool2d(2),
    });
  }

  /** pool(conv(relu(norm x))). */
  forward(x: Tensor): Tensor {
    const [norm, conv, pool] = this.children() as [BatchNorm2d, Conv2d<false>, AvgPool2d];
    return pool.forward(conv.forward(rectified(norm, x)));
  }
}
