import { count, oneOf, optional } from '../../tensor/option-kinds.js';
import type { OptionTable } from '../../tensor/options.js';

/**
 * The form of a convolutional network. 'cifar' is for small images: the first layer keeps their resolution, and
 * parameters have the names that the authors of PNM use. 'imagenet' is torchvision's network: the first layers divide
 * the resolution by 4 (except in VGG), and parameters have torchvision's names and initial distributions.
 */
export type Stem = 'cifar' | 'imagenet';

/** Options of every convolutional network. */
export interface ConvNetOptions {
  /** Number of classes, the length of the output. Default 10 in the form for CIFAR, 1000 in that for ImageNet. */
  readonly numClasses?: number;
  /** Channels of the first stage, to which those of all others are proportional. Default 64. */
  readonly width?: number;
  /** Form of the network, see `Stem`. Default 'cifar'. */
  readonly stem?: Stem;
  /** Channels of the images. Default 3. */
  readonly inChannels?: number;
}

/** The table of `ConvNetOptions`. */
export const convNetOptions = {
  numClasses: optional(count()),
  width: count(64),
  stem: oneOf(['cifar', 'imagenet'], 'cifar'),
  inChannels: count(3),
} satisfies OptionTable<ConvNetOptions>;

/** The default of `numClasses`: those of CIFAR-10, or of ImageNet. */
export function defaultClasses(stem: Stem): number {
  return stem === 'cifar' ? 10 : 1000;
}
