import { expectText } from '../../tensor/expect.js';
import { count, flag } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { ImageFolder } from '../node/images/image-files.js';
import type { Transform } from '../transforms/transform.js';
import { transformOption } from './image-options.js';

/** Options of imageFolder. */
export interface ImageFolderOptions {
  /** Prepares each image; all images of a batch must have one size afterwards. Default: none. */
  readonly transform?: Transform;
  /** Most pixels (width times height) of an image; larger ones are refused before they are decoded. Default 2^26. */
  readonly maxPixels?: number;
  /** Accept classes without images. Default false. */
  readonly allowEmpty?: boolean;
}

const table = {
  transform: transformOption,
  maxPixels: count(2 ** 26),
  allowEmpty: flag(false),
} satisfies OptionTable<ImageFolderOptions>;

/**
 * The images of a folder with one sub-folder per class, such as ImageNet's `train` and `val`: JPEG and PNG files by
 * extension, in any case, also in folders below. Classes are numbered in the order of their names. Files are listed now
 * and read when a DataLoader needs them. JPEG needs the package @jsquash/jpeg (and jpeg-js for CMYK images), PNG needs
 * fast-png. Node only.
 * @throws FileError for a folder without classes, a class without images, and images in other formats; ValueError for
 * an unknown or invalid option.
 * @example
 * const { compose, normalize, randomHorizontalFlip, randomResizedCrop } = data.transforms;
 * const transform = compose(randomResizedCrop(224), randomHorizontalFlip(), normalize(data.imagenetMean, data.imagenetStd));
 * const train = await data.imageFolder('imagenet/train', { transform });
 * for await (const { images, labels } of new data.DataLoader(train, { batchSize: 32, shuffle: true })) step(images, labels);
 */
export async function imageFolder(dir: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const { transform, maxPixels, allowEmpty } = resolveOptions('imageFolder', table, options);
  expectText('imageFolder', 'the path of a folder', dir);
  const { openFolder } = await import('../node/images/image-files.js');
  return openFolder(dir, { transform, maxPixels }, allowEmpty);
}

/** Mean of each channel of ImageNet's training images, pixels in [0, 1]. Source: torchvision. */
export const imagenetMean: readonly number[] = [0.485, 0.456, 0.406];

/** Standard deviation of each channel of ImageNet's training images. Source: torchvision. */
export const imagenetStd: readonly number[] = [0.229, 0.224, 0.225];
