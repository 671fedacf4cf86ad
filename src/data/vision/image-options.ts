import { callback, type Option, oneOf, optional, text } from '../../tensor/option-kinds.js';
import type { OptionTable } from '../../tensor/options.js';
import type { OnProgress } from '../node/progress.js';
import type { Transform } from '../transforms/transform.js';

/** Options of cifar10, cifar100 and mnist. */
export interface ImageSourceOptions {
  /** The part to read. Default 'train'. */
  readonly split?: 'train' | 'test';
  /** A folder with the files. Default: the cache folder, into which the data are fetched on first use. */
  readonly dir?: string;
  /** Prepares each batch. Default: pixels in [0, 1]. */
  readonly transform?: Transform;
  /** Called during downloads and conversions. */
  readonly onProgress?: OnProgress;
}

/** An option for a transform, which may be left out. */
export const transformOption: Option<Transform | undefined> = optional({
  initial: undefined,
  wanted: 'to be a transform, such as data.transforms.normalize(mean, std)',
  accepts: (x) => typeof x === 'object' && x !== null && 'apply' in x && typeof x.apply === 'function',
});

/** The option table of cifar10, cifar100 and mnist. */
export const imageSourceTable = {
  split: oneOf(['train', 'test'], 'train'),
  dir: optional(text()),
  transform: transformOption,
  onProgress: optional(callback<OnProgress>()),
} satisfies OptionTable<ImageSourceOptions>;
