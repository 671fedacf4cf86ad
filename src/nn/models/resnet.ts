import { maxPool2d } from '../../autograd/ops/nn/max-pool2d.js';
import { flatten } from '../../autograd/ops/shape/reshape.js';
import { expected, textOf, ValueError } from '../../errors.js';
import { count, counts } from '../../tensor/option-kinds.js';
import { checkArgument, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { BatchNorm2d } from '../layers/batch-norm.js';
import type { Conv2d } from '../layers/conv2d.js';
import { Linear } from '../layers/linear.js';
import { AdaptiveAvgPool2d } from '../layers/pooling.js';
import { type Layer, Module } from '../module.js';
import { Sequential } from '../sequential.js';
import { convolution, initConvolutions, rectified } from './conv-norm.js';
import { type ConvNetOptions, convNetOptions, defaultClasses, type Stem } from './stem.js';

/** Options of a residual network; `width` is the number of channels of the first stage. */
export type ResNetOptions = ConvNetOptions;

/** The kinds of residual block. */
export type BlockKind = typeof BasicBlock | typeof Bottleneck;

/** Two 3x3 convolutions and a shortcut: x (B, in, H, W) to (B, planes, H / stride, W / stride). */
export class BasicBlock extends Module {
  static readonly expansion: number = 1;
  conv1: Conv2d<false>;
  bn1: BatchNorm2d;
  conv2: Conv2d<false>;
  bn2: BatchNorm2d;
  /** In the form for CIFAR; without layers where shapes agree. */
  shortcut?: Sequential;
  /** In the form for ImageNet; only where shapes differ. */
  downsample?: Sequential;

  constructor(inPlanes: number, planes: number, stride: number, stem: Stem = 'cifar') {
    super();
    this.conv1 = convolution(inPlanes, planes, 3, stride);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = convolution(planes, planes, 3);
    this.bn2 = new BatchNorm2d(planes);
    Object.assign(this, shortcut(inPlanes, planes, stride, stem));
  }

  /** relu(bn2(conv2(relu(bn1(conv1 x)))) + shortcut x). */
  forward(x: Tensor): Tensor {
    const y = rectified(this.bn1, this.conv1.forward(x));
    return rectified(this.bn2, this.conv2.forward(y), projected(this, x));
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
  /** In the form for CIFAR; without layers where shapes agree. */
  shortcut?: Sequential;
  /** In the form for ImageNet; only where shapes differ. */
  downsample?: Sequential;

  constructor(inPlanes: number, planes: number, stride: number, stem: Stem = 'cifar') {
    super();
    checkArgument('Bottleneck', 'planes', count(), planes);
    const outPlanes = Bottleneck.expansion * planes;
    this.conv1 = convolution(inPlanes, planes, 1);
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = convolution(planes, planes, 3, stride);
    this.bn2 = new BatchNorm2d(planes);
    this.conv3 = convolution(planes, outPlanes, 1);
    this.bn3 = new BatchNorm2d(outPlanes);
    Object.assign(this, shortcut(inPlanes, outPlanes, stride, stem));
  }

  /** relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1 x))))))) + shortcut x). */
  forward(x: Tensor): Tensor {
    let y = rectified(this.bn1, this.conv1.forward(x));
    y = rectified(this.bn2, this.conv2.forward(y));
    return rectified(this.bn3, this.conv3.forward(y), projected(this, x));
  }
}

/**
 * Residual network (He et al., "Deep residual learning for image recognition", 2015): four stages of blocks, the first
 * at the resolution of the stem, then the mean over all positions and a linear layer. Maps images (B, inChannels, H, W)
 * of any size to logits (B, numClasses). Parameters are `conv1`, `bn1`, `layer1.0.conv1`, ..., `layer2.0.shortcut.0`,
 * ..., `linear`; in the form for ImageNet `layer2.0.downsample.0` and `fc`.
 */
export class ResNet extends Module {
  readonly stem: Stem;
  conv1: Conv2d<false>;
  bn1: BatchNorm2d;
  layer1: Sequential;
  layer2: Sequential;
  layer3: Sequential;
  layer4: Sequential;
  pool = new AdaptiveAvgPool2d(1);
  /** The last layer in the form for CIFAR. */
  linear?: Linear;
  /** The last layer in the form for ImageNet. */
  fc?: Linear;

  /**
   * `blocks` is the number of blocks in each stage.
   * @throws ValueError for bad options, and unless `kind` is a class.
   */
  constructor(kind: BlockKind, blocks: readonly [number, number, number, number], options: ResNetOptions = {}) {
    super();
    const { stem, width, inChannels, ...given } = resolveOptions('ResNet', convNetOptions, options);
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
        const block = new kind(inPlanes, planes, i === 0 ? stride : 1, stem);
        inPlanes = planes * kind.expansion;
        return block;
      });
      return new Sequential(...layers);
    };
    this.layer1 = stage(0, 1);
    this.layer2 = stage(1, 2);
    this.layer3 = stage(2, 2);
    this.layer4 = stage(3, 2);
    const { numClasses = defaultClasses(stem) } = given;
    this[stem === 'cifar' ? 'linear' : 'fc'] = new Linear(inPlanes, numClasses);
    if (stem === 'imagenet') initConvolutions(this, 'fanOut');
  }

  /** Logits (B, numClasses) of images x (B, inChannels, H, W). */
  forward(x: Tensor): Tensor {
    let y = rectified(this.bn1, this.conv1.forward(x));
    if (this.stem === 'imagenet') y = maxPool2d(y, 3, { stride: 2, padding: 1 });
    for (const layer of [this.layer1, this.layer2, this.layer3, this.layer4]) y = layer.forward(y);
    const last = (this.linear ?? this.fc) as Linear;
    return last.forward(flatten(this.pool.forward(y), 1));
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

/** The shortcut of a block, by its name in either form: a projection where shapes differ, else the identity. */
function shortcut(inPlanes: number, outPlanes: number, stride: number, stem: Stem): Partial<BasicBlock> {
  const same = stride === 1 && inPlanes === outPlanes;
  const layers = same ? [] : [convolution(inPlanes, outPlanes, 1, stride), new BatchNorm2d(outPlanes)];
  if (stem === 'cifar') return { shortcut: new Sequential(...layers) };
  return same ? {} : { downsample: new Sequential(...layers) };
}

function projected({ shortcut, downsample }: BasicBlock | Bottleneck, x: Tensor): Tensor {
  return (shortcut ?? downsample)?.forward(x) ?? x;
}
