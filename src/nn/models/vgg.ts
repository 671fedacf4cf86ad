import { dropout as drop } from '../../autograd/ops/nn/dropout.js';
import { flatten } from '../../autograd/ops/shape/reshape.js';
import { counts, optional, share } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { normal, zeros } from '../init.js';
import { ReLU } from '../layers/activations.js';
import { BatchNorm2d } from '../layers/batch-norm.js';
import { Conv2d } from '../layers/conv2d.js';
import { Dropout } from '../layers/dropout.js';
import { Linear } from '../layers/linear.js';
import { AdaptiveAvgPool2d, MaxPool2d } from '../layers/pooling.js';
import { type Layer, Module } from '../module.js';
import { Sequential } from '../sequential.js';
import { initConvolutions } from './conv-norm.js';
import { type ConvNetOptions, convNetOptions, defaultClasses } from './stem.js';

/** Options of a VGG network. */
export interface VGGOptions extends ConvNetOptions {
  /** Probability of dropout in the classifier. Default 0 in the form for CIFAR, 0.5 in that for ImageNet. */
  readonly dropout?: number;
}

const table = { ...convNetOptions, dropout: optional(share()) } satisfies OptionTable<VGGOptions>;

/**
 * VGG network (Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014) with
 * batch normalisation: five blocks of 3x3 convolutions, each followed by pooling, with 1, 2, 4, 8 and 8 times `width`
 * channels. In the form for CIFAR the mean over all positions and a linear layer follow; in the form for ImageNet,
 * means over a grid of 7x7 windows and three linear layers, of which the first two have 64 times `width` outputs. Maps
 * images (B, inChannels, H, W), H and W at least 32, to logits (B, numClasses). Parameters are `features.*` and
 * `classifier.*`.
 */
export class VGG extends Module {
  readonly dropout: number;
  features: Sequential;
  avgpool: AdaptiveAvgPool2d;
  classifier: Layer;

  /**
   * `blocks` is the number of convolutions in each block.
   * @throws ValueError for bad arguments or options.
   */
  constructor(blocks: readonly [number, number, number, number, number], options: VGGOptions = {}) {
    super();
    const { stem, width, inChannels, ...given } = resolveOptions('VGG', table, options);
    const { numClasses = defaultClasses(stem), dropout = stem === 'cifar' ? 0 : 0.5 } = given;
    checkArgument('VGG', 'blocks', counts<typeof blocks>(5), blocks);
    this.dropout = dropout;
    let inPlanes = inChannels;
    const layers = blocks.flatMap((length, index): Layer[] => {
      const planes = width * Math.min(8, 2 ** index);
      const convolutions = Array.from({ length }, (): Layer[] => {
        const conv = new Conv2d(inPlanes, planes, 3, { padding: 1 });
        inPlanes = planes;
        return [conv, new BatchNorm2d(planes), new ReLU()];
      });
      return [...convolutions.flat(), new MaxPool2d(2)];
    });
    this.features = new Sequential(...layers);
    if (stem === 'cifar') {
      this.avgpool = new AdaptiveAvgPool2d(1);
      this.classifier = new Linear(inPlanes, numClasses);
      return;
    }
    const hidden = 64 * width;
    this.avgpool = new AdaptiveAvgPool2d(7);
    const linear = [new Linear(49 * inPlanes, hidden), new Linear(hidden, hidden), new Linear(hidden, numClasses)];
    const between = () => [new ReLU(), new Dropout(dropout)];
    this.classifier = new Sequential(linear[0], ...between(), linear[1], ...between(), linear[2]);
    initConvolutions(this, 'fanOut');
    for (const { weight, bias } of linear) {
      normal(weight, 0, 0.01);
      zeros(bias);
    }
  }

  /** Logits (B, numClasses) of images x (B, inChannels, H, W). */
  forward(x: Tensor): Tensor {
    const y = flatten(this.avgpool.forward(this.features.forward(x)), 1);
    if (!(this.classifier instanceof Linear)) return this.classifier.forward(y);
    return this.classifier.forward(drop(y, this.dropout, { training: this.training }));
  }
}

/**
 * VGG-16 with batch normalisation: 13 convolutions; 14.7 million parameters at width 64, in the form for ImageNet 138
 * million, with the names of torchvision's vgg16_bn.
 * @throws ValueError for bad options.
 */
export function vgg16(options: VGGOptions = {}): VGG {
  return new VGG([2, 2, 3, 3, 3], options);
}
