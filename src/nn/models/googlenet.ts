import { add, mul } from '../../autograd/ops/math/arithmetic.js';
import { AntinodeError, expected, ValueError } from '../../errors.js';
import { fromHost } from '../../tensor/host.js';
import { flag, optional, share } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { truncNormal } from '../init.js';
import { Conv2d } from '../layers/conv2d.js';
import { Dropout, Dropout2d } from '../layers/dropout.js';
import { Flatten } from '../layers/flatten.js';
import { Linear } from '../layers/linear.js';
import { AdaptiveAvgPool2d, MaxPool2d } from '../layers/pooling.js';
import { type Layer, Module } from '../module.js';
import { Sequential } from '../sequential.js';
import { BasicConv2d } from './conv-norm.js';
import { Inception, InceptionAux, type InceptionPlanes, plainUnit } from './inception.js';
import { applyInOrder } from './layer-chain.js';
import { type ConvNetOptions, convNetOptions, defaultClasses } from './stem.js';

/** Options of GoogLeNet. */
export interface GoogLeNetOptions extends ConvNetOptions {
  /** Probability of dropout before the last layer. Default 0 in the form for CIFAR, 0.2 in that for ImageNet. */
  readonly dropout?: number;
  /** Have two auxiliary classifiers, see `forwardWithAux`. Default true in the form for ImageNet; CIFAR has none. */
  readonly auxLogits?: boolean;
  /** Probability of dropout in the auxiliary classifiers. Default 0.7. */
  readonly dropoutAux?: number;
  /**
   * Convert images normalised with the mean and deviation of ImageNet to mean 0.5 and deviation 0.5 per channel, which
   * torchvision's weights are made for. Default false.
   */
  readonly transformInput?: boolean;
  /** Recompute the insides of Inception blocks in backward instead of keeping them. Default false. */
  readonly memoryEfficient?: boolean;
}

const table = {
  ...convNetOptions,
  dropout: optional(share()),
  auxLogits: optional(flag()),
  dropoutAux: share(0.7),
  transformInput: flag(false),
  memoryEfficient: flag(false),
} satisfies OptionTable<GoogLeNetOptions>;

/** Channels of the Inception blocks of the three stages at width 64. */
const stages: readonly (readonly InceptionPlanes[])[] = [
  [
    [64, 96, 128, 16, 32, 32],
    [128, 128, 192, 32, 96, 64],
  ],
  [
    [192, 96, 208, 16, 48, 64],
    [160, 112, 224, 24, 64, 64],
    [128, 128, 256, 24, 64, 64],
    [112, 144, 288, 32, 64, 64],
    [256, 160, 320, 32, 128, 128],
  ],
  [
    [256, 160, 320, 32, 128, 128],
    [384, 192, 384, 48, 128, 128],
  ],
];

/** The results of the auxiliary classifiers beside those of the last one: logits (B, numClasses). */
export interface GoogLeNetOutputs {
  readonly logits: Tensor;
  readonly auxLogits2: Tensor;
  readonly auxLogits1: Tensor;
}

/**
 * GoogLeNet (Szegedy et al., "Going deeper with convolutions", 2015) with batch normalisation: convolutions, then nine
 * Inception blocks in three stages, the mean over all positions and a linear layer. Channels are those of the paper
 * times width / 64, rounded. Maps images (B, inChannels, H, W) to logits (B, numClasses).
 *
 * Parameters are `prelayer.*`, `a3.b1.*`, ..., `b5.b4.*` and `linear`; in the form for ImageNet `conv1.{conv, bn}` to
 * `conv3`, `inception3a.branch1.conv`, ..., `inception5b.branch4.1.bn`, `aux1` and `aux2` with `conv`, `fc1` and `fc2`,
 * and `fc`.
 */
export class GoogLeNet extends Module {
  readonly auxLogits: boolean;
  readonly transformInput: boolean;

  /** @throws ValueError for bad options, and if options do not fit each other. */
  constructor(options: GoogLeNetOptions = {}) {
    super();
    const { stem, width, inChannels, transformInput, dropoutAux, ...given } = resolveOptions(
      'GoogLeNet',
      table,
      options,
    );
    const isCifar = stem === 'cifar';
    const { numClasses = defaultClasses(stem), dropout = isCifar ? 0 : 0.2, auxLogits = !isCifar } = given;
    if (auxLogits && isCifar) throw new ValueError(expected('GoogLeNet', "stem 'imagenet' with auxLogits", "'cifar'"));
    if (transformInput && inChannels !== 3) {
      throw new ValueError(expected('GoogLeNet', 'inChannels 3 with transformInput', `${inChannels}`));
    }
    this.auxLogits = auxLogits;
    this.transformInput = transformInput;
    const scaled = (planes: number) => Math.max(1, Math.round((planes * width) / 64));
    const reduce = () => new MaxPool2d(3, isCifar ? { stride: 2, padding: 1 } : { stride: 2, ceilMode: true });
    const layers: Record<string, Layer> = isCifar
      ? { prelayer: new Sequential(...plainUnit(inChannels, scaled(192), 3)) }
      : {
          conv1: new BasicConv2d(inChannels, scaled(64), 7, 2),
          maxpool1: reduce(),
          conv2: new BasicConv2d(scaled(64), scaled(64), 1),
          conv3: new BasicConv2d(scaled(64), scaled(192), 3),
          maxpool2: reduce(),
        };
    let planes = scaled(192);
    const outputs: Record<string, number> = {};
    stages.forEach((blocks, i) => {
      blocks.forEach((block, j) => {
        const letter = 'abcde'[j];
        const name = isCifar ? `${letter}${i + 3}` : `inception${i + 3}${letter}`;
        const own = block.map(scaled) as unknown as InceptionPlanes;
        layers[name] = new Inception(planes, own, { stem, memoryEfficient: given.memoryEfficient });
        planes = own[0] + own[2] + own[4] + own[5];
        outputs[name] = planes;
      });
      if (i < 2) layers[`maxpool${i + 3}`] = i === 1 && !isCifar ? new MaxPool2d(2, { ceilMode: true }) : reduce();
    });
    if (auxLogits) {
      const aux = (name: string) => new InceptionAux(outputs[name], scaled(128), numClasses, dropoutAux);
      Object.assign(layers, { aux1: aux('inception4a'), aux2: aux('inception4d') });
    }
    const linear = new Linear(planes, numClasses);
    const avgpool = new AdaptiveAvgPool2d(1);
    const last = isCifar
      ? { avgpool, dropout: new Dropout2d(dropout), flatten: new Flatten(), linear }
      : { avgpool, flatten: new Flatten(), dropout: new Dropout(dropout), fc: linear };
    Object.assign(this, layers, last);
    if (isCifar) return;
    for (const layer of this.modules()) {
      if (layer instanceof Conv2d || layer instanceof Linear) truncNormal(layer.weight, 0, 0.01);
    }
  }

  /** Logits (B, numClasses) of images x (B, inChannels, H, W). */
  forward(x: Tensor): Tensor {
    return applyInOrder([...this.#trunk().values()], this.#transformed(x));
  }

  /**
   * The logits of the last and of both auxiliary classifiers, for a loss on each of them in training; the paper weights
   * those of the auxiliary classifiers by 0.3. torchvision's forward returns all three in training; 0.14 calls the
   * logits of `aux1` `aux_logits2` and those of `aux2` `aux_logits1`.
   * @throws AntinodeError without auxiliary classifiers.
   */
  forwardWithAux(x: Tensor): GoogLeNetOutputs {
    const { aux1, aux2 } = this as unknown as Record<string, Layer | undefined>;
    if (!aux1 || !aux2) throw new AntinodeError(expected('forwardWithAux', 'auxLogits: true', 'false'));
    const trunk = this.#trunk();
    const [names, layers] = [[...trunk.keys()], [...trunk.values()]];
    const [first, second] = ['inception4a', 'inception4d'].map((name) => names.indexOf(name) + 1);
    const early = applyInOrder(layers.slice(0, first), this.#transformed(x));
    const late = applyInOrder(layers.slice(first, second), early);
    const [auxLogits1, auxLogits2] = [aux1.forward(early), aux2.forward(late)];
    return { logits: applyInOrder(layers.slice(second), late), auxLogits2, auxLogits1 };
  }

  /** All layers but the auxiliary classifiers, by name. */
  #trunk(): Map<string, Layer> {
    const layers = this.namedChildren() as Map<string, Layer>;
    layers.delete('aux1');
    layers.delete('aux2');
    return layers;
  }

  #transformed(x: Tensor): Tensor {
    if (!this.transformInput) return x;
    const constants = (values: readonly number[]) =>
      fromHost('GoogLeNet', values, [3, 1, 1], 'float32', x.storage.backend);
    const scale = std.map((s) => s / 0.5);
    const shift = mean.map((m) => (m - 0.5) / 0.5);
    return add(mul(x, constants(scale)), constants(shift));
  }
}

/** Mean and deviation of the channels of ImageNet. */
const mean = [0.485, 0.456, 0.406];
const std = [0.229, 0.224, 0.225];

/**
 * GoogLeNet: 6.2 million parameters at width 64; in the form for ImageNet 6.6 million, or 13.0 million with the
 * auxiliary classifiers.
 * @throws ValueError for bad options, and if options do not fit each other.
 */
export function googlenet(options: GoogLeNetOptions = {}): GoogLeNet {
  return new GoogLeNet(options);
}
