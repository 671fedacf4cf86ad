import { relu } from '../../autograd/ops/math/activation.js';
import { adaptiveAvgPool2d } from '../../autograd/ops/nn/adaptive-pool2d.js';
import { flatten } from '../../autograd/ops/shape/reshape.js';
import { counts, flag, share } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { zeros } from '../init.js';
import { ReLU } from '../layers/activations.js';
import { BatchNorm2d } from '../layers/batch-norm.js';
import { Linear } from '../layers/linear.js';
import { MaxPool2d } from '../layers/pooling.js';
import { type Layer, Module } from '../module.js';
import { convolution, initConvolutions } from './conv-norm.js';
import { DenseBlock, DenseTransition } from './dense-block.js';
import { applyInOrder, LayerChain } from './layer-chain.js';
import { type ConvNetOptions, convNetOptions, defaultClasses } from './stem.js';

/** Options of a dense network. */
export interface DenseNetOptions extends ConvNetOptions {
  /** Probability of dropout on the features that a layer adds. Default 0. */
  readonly dropRate?: number;
  /** Recompute concatenations and normalisations in backward instead of keeping them. Default false. */
  readonly memoryEfficient?: boolean;
}

const table = {
  ...convNetOptions,
  dropRate: share(0),
  memoryEfficient: flag(false),
} satisfies OptionTable<DenseNetOptions>;

/** The names of layers in the forms for CIFAR and for ImageNet. */
const names = {
  cifar: { block: 'dense', transition: 'trans', norm: 'bn', head: 'linear' },
  imagenet: { block: 'denseblock', transition: 'transition', norm: 'norm5', head: 'classifier' },
} as const;

/**
 * Densely connected network (Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional networks",
 * 2017): in each of four blocks every layer adds width / 2 channels (rounded up) to all before it; between blocks, a
 * transition halves channels and resolution. Then the mean over all positions and a linear layer. Maps images
 * (B, inChannels, H, W) of any size from 8 on (ImageNet: 32) to logits (B, numClasses).
 *
 * Parameters are `conv1`, `dense1.0.{bn1, conv1, bn2, conv2}`, ..., `trans1.{bn, conv}`, ..., `bn` and `linear`; in the
 * form for ImageNet `features.{conv0, norm0}`, `features.denseblock1.denselayer1.{norm1, conv1, norm2, conv2}`, ...,
 * `features.transition1.{norm, conv}`, ..., `features.norm5` and `classifier`.
 */
export class DenseNet extends Module {
  /**
   * `blocks` is the number of layers in each block.
   * @throws ValueError for bad arguments or options.
   */
  constructor(blocks: readonly [number, number, number, number], options: DenseNetOptions = {}) {
    super();
    const { stem, width, inChannels, ...given } = resolveOptions('DenseNet', table, options);
    const { numClasses = defaultClasses(stem), dropRate, memoryEfficient } = given;
    checkArgument('DenseNet', 'blocks', counts<typeof blocks>(4), blocks);
    const growthRate = Math.ceil(width / 2);
    const { block, transition, norm, head } = names[stem];
    const layers: Record<string, Layer> =
      stem === 'cifar'
        ? { conv1: convolution(inChannels, width, 3) }
        : {
            conv0: convolution(inChannels, width, 7, 2),
            norm0: new BatchNorm2d(width),
            relu0: new ReLU(),
            pool0: new MaxPool2d(3, { stride: 2, padding: 1 }),
          };
    let planes = width;
    blocks.forEach((length, i) => {
      layers[`${block}${i + 1}`] = new DenseBlock(length, planes, { stem, growthRate, dropRate, memoryEfficient });
      planes += length * growthRate;
      if (i === blocks.length - 1) return;
      layers[`${transition}${i + 1}`] = new DenseTransition(planes, stem);
      planes = Math.floor(planes / 2);
    });
    layers[norm] = new BatchNorm2d(planes);
    const linear = new Linear(planes, numClasses);
    Object.assign(this, stem === 'cifar' ? layers : { features: new LayerChain(layers) }, { [head]: linear });
    if (stem === 'cifar') return;
    initConvolutions(this, 'fanIn');
    zeros(linear.bias);
  }

  /** Logits (B, numClasses) of images x (B, inChannels, H, W). */
  forward(x: Tensor): Tensor {
    const layers = this.children() as Layer[];
    const features = relu(applyInOrder(layers.slice(0, -1), x));
    return layers[layers.length - 1].forward(flatten(adaptiveAvgPool2d(features, 1), 1));
  }
}

/**
 * DenseNet-121: blocks of 6, 12, 24 and 16 layers; 7.0 million parameters at width 64, where each layer adds 32
 * channels, in the form for ImageNet 8.0 million.
 * @throws ValueError for bad options.
 */
export function densenet121(options: DenseNetOptions = {}): DenseNet {
  return new DenseNet([6, 12, 24, 16], options);
}
