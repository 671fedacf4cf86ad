import { relu } from '../../autograd/ops/math/activation.js';
import { add } from '../../autograd/ops/math/arithmetic.js';
import { maxPool2d } from '../../autograd/ops/nn/max-pool2d.js';
import { flatten } from '../../autograd/ops/shape/reshape.js';
import { expected, textOf, ValueError } from '../../errors.js';
import { count, counts, oneOf } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import { type Pair, sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { BatchNorm, BatchNorm2d } from '../layers/batch-norm.js';
import { Conv2d } from '../layers/conv2d.js';
import { Linear } from '../layers/linear.js';
import { AdaptiveAvgPool2d } from '../layers/pooling.js';
import { type Layer, Module } from '../module.js';
import { Sequential } from '../sequential.js';

/** Options of a residual network. */
export interface ResNetOptions {
  /** Number of classes, the length of the output. Default 10. */
  readonly numClasses?: number;
  /** Channels of the first stage; the following stages have 2, 4 and 8 times as many. Default 64. */
  readonly width?: number;
  /** First layers: 'cifar' (3x3 convolution, the default) or 'imagenet' (7x7 with stride 2, then pooling). */
  readonly stem?: 'cifar' | 'imagenet';
  /** Channels of the images. Default 3. */
  readonly inChannels?: number;
}

const table: OptionTable<Required<ResNetOptions>> = {
  numClasses: count(10),
  width: count(64),
  stem: oneOf(['cifar', 'imagenet'], 'cifar'),
  inChannels: count(3),
};

/** The kinds of residual block. */
export type BlockKind = typeof BasicBlock | typeof Bottleneck;

/** Two 3x3 convolutions and a shortcut: x (B, in, H, W) to (B, planes, H / stride, W / stride). */
export class BasicBlock extends Module {
  static readonly expansion: number = 1;
  conv1: Conv2d<false>;
  bn1: BatchNorm2d;
  conv2: Conv2d<false>;
  bn2: BatchNorm2d;
  shortcut: Sequential;

  constructor(inPlanes: number, planes: number, stride: number) {
    super();
    this.conv1 = convolution(inPlanes, planes, 3, stride);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = convolution(planes, planes, 3);
    this.bn2 = new BatchNorm2d(planes);
    this.shortcut = shortcut(inPlanes, planes, stride);
  }

  /** relu(bn2(conv2(relu(bn1(conv1 x)))) + shortcut x). */
  forward(x: Tensor): Tensor {
    const y = rectified(this.bn1, this.conv1.forward(x));
    return rectified(this.bn2, this.conv2.forward(y), this.shortcut.forward(x));
  }
}

/** 1x1, 3x3 and 1x1 convolutions and a shortcut: x (B, in, H, W) to (B, 4 planes, H / stride, W / stride). */
export class Bottleneck extends Module {
  static readonly expansion: number = 4;
  conv1: Conv2d<false>;
  bn1: BatchNorm2d;
  conv2: Conv2d<false>;
  bn2: BatchNorm2d;
  conv3: Conv2d<false>;
  bn3: BatchNorm2d;
  shortcut: Sequential;

  constructor(inPlanes: number, planes: number, stride: number) {
    super();
    checkArgument('Bottleneck', 'planes', count(), planes);
    const outPlanes = Bottleneck.expansion * planes;
    this.conv1 = convolution(inPlanes, planes, 1);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = convolution(planes, planes, 3, stride);
    this.bn2 = new BatchNorm2d(planes);
    this.conv3 = convolution(planes, outPlanes, 1);
    this.bn3 = new BatchNorm2d(outPlanes);
    this.shortcut = shortcut(inPlanes, outPlanes, stride);
  }

  /** relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1 x))))))) + shortcut x). */
  forward(x: Tensor): Tensor {
    let y = rectified(this.bn1, this.conv1.forward(x));
    y = rectified(this.bn2, this.conv2.forward(y));
    return rectified(this.bn3, this.conv3.forward(y), this.shortcut.forward(x));
  }
}

/**
 * Residual network (He et al., "Deep residual learning for image recognition", 2015) in its form for CIFAR: four
 * stages of blocks, the first at full resolution, then the mean over all positions and a linear layer. Maps images
 * (B, inChannels, H, W) of any size to logits (B, numClasses).
 */
export class ResNet extends Module {
  readonly stem: 'cifar' | 'imagenet';
  conv1: Conv2d<false>;
  bn1: BatchNorm2d;
  layer1: Sequential;
  layer2: Sequential;
  layer3: Sequential;
  layer4: Sequential;
  pool = new AdaptiveAvgPool2d(1);
  linear: Linear;

  /**
   * `blocks` is the number of blocks in each stage.
   * @throws ValueError for bad options, and unless `kind` is a class.
   */
  constructor(kind: BlockKind, blocks: readonly [number, number, number, number], options: ResNetOptions = {}) {
    super();
    const { numClasses, width, stem, inChannels } = resolveOptions('ResNet', table, options);
    if (!(typeof kind === 'function' && kind.prototype instanceof Module)) {
      throw new ValueError(expected('ResNet', 'a class of blocks', textOf(kind)));
    }
    checkArgument('ResNet', 'blocks', counts<typeof blocks>(4), blocks);
    this.stem = stem;
    this.conv1 = stem === 'cifar' ? convolution(inChannels, width, 3) : convolution(inChannels, width, 7, 2);
    this.bn1 = new BatchNorm2d(width);
    let inPlanes = width;
    const stage = (index: number, stride: number) => {
      const planes = width * 2 ** index;
      const layers = Array.from({ length: blocks[index] }, (_, i): Layer => {
        const block = new kind(inPlanes, planes, i === 0 ? stride : 1);
        inPlanes = planes * kind.expansion;
        return block;
      });
      return new Sequential(...layers);
    };
    this.layer1 = stage(0, 1);
    this.layer2 = stage(1, 2);
    this.layer3 = stage(2, 2);
    this.layer4 = stage(3, 2);
    this.linear = new Linear(inPlanes, numClasses);
  }

  /** Logits (B, numClasses) of images x (B, inChannels, H, W). */
  forward(x: Tensor): Tensor {
    let y = rectified(this.bn1, this.conv1.forward(x));
    if (this.stem === 'imagenet') y = maxPool2d(y, 3, { stride: 2, padding: 1 });
    for (const layer of [this.layer1, this.layer2, this.layer3, this.layer4]) y = layer.forward(y);
    return this.linear.forward(flatten(this.pool.forward(y), 1));
  }
}

/**
 * ResNet-18: two basic blocks per stage; 11.2 million parameters at width 64.
 * @throws ValueError for bad options.
 */
export function resnet18(options: ResNetOptions = {}): ResNet {
  return new ResNet(BasicBlock, [2, 2, 2, 2], options);
}

/**
 * ResNet-34: 3, 4, 6 and 3 basic blocks; 21.3 million parameters at width 64.
 * @throws ValueError for bad options.
 */
export function resnet34(options: ResNetOptions = {}): ResNet {
  return new ResNet(BasicBlock, [3, 4, 6, 3], options);
}

/**
 * ResNet-50: 3, 4, 6 and 3 bottlenecks; 23.5 million parameters at width 64.
 * @throws ValueError for bad options.
 */
export function resnet50(options: ResNetOptions = {}): ResNet {
  return new ResNet(Bottleneck, [3, 4, 6, 3], options);
}

/** relu(norm x + residual), in one pass unless the layer has a forward of its own or the sum broadcasts. */
function rectified(norm: BatchNorm2d, x: Tensor, residual: Tensor | null = null): Tensor {
  const fits = !residual || sameShape(residual.shape, x.shape);
  if (fits && norm.forward === BatchNorm.prototype.forward) return norm.forward(x, { residual, relu: true });
  const y = norm.forward(x);
  return relu(residual ? add(y, residual) : y);
}

/** A convolution that divides the resolution by its stride; the batch normalisation after it makes a bias useless. */
function convolution(inPlanes: number, outPlanes: number, kernelSize: number, stride: Pair = 1): Conv2d<false> {
  return new Conv2d(inPlanes, outPlanes, kernelSize, { stride, padding: (kernelSize - 1) / 2, bias: false });
}

/** The identity where shapes agree, else a projection. */
function shortcut(inPlanes: number, outPlanes: number, stride: number): Sequential {
  if (stride === 1 && inPlanes === outPlanes) return new Sequential();
  return new Sequential(convolution(inPlanes, outPlanes, 1, stride), new BatchNorm2d(outPlanes));
}
