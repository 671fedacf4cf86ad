import { oneOf, text } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { NamedBytes } from '../named-bytes.js';
import { cifarImageBytes, readCifarRecords } from './cifar-records.js';
import { cifar100Classes, cifar100CoarseClasses } from './cifar100-classes.js';
import { ImageDataset } from './image-dataset.js';
import { type ImageSourceOptions, imageSourceTable, transformOption } from './image-options.js';

/** Mean of each channel of CIFAR-100's training images, pixels in [0, 1]. */
export const cifar100Mean: readonly number[] = [0.5071, 0.4865, 0.4409];

/** Standard deviation of each channel of CIFAR-100's training images. */
export const cifar100Std: readonly number[] = [0.2673, 0.2564, 0.2762];

/** Options of cifar100. */
export interface Cifar100Options extends Omit<ImageSourceOptions, 'dir'> {
  /** A folder with train.bin and test.bin, or with a folder cifar-100-binary that contains them. */
  readonly dir: string;
  /** 'fine' for the 100 classes, 'coarse' for the 20 groups of these classes. Default 'fine'. */
  readonly labels?: 'fine' | 'coarse';
}

const help = 'The files are in cifar-100-binary.tar.gz, which must be unpacked.';

const bytesTable = {
  labels: oneOf(['fine', 'coarse'], 'fine'),
  transform: transformOption,
} satisfies OptionTable<Pick<Cifar100Options, 'labels' | 'transform'>>;

const table = {
  ...imageSourceTable,
  ...bytesTable,
  dir: { ...text(), wanted: 'to be a folder with train.bin and test.bin (from cifar-100-binary.tar.gz, unpacked)' },
} satisfies OptionTable<Cifar100Options>;

/**
 * CIFAR-100: 50,000 training and 10,000 test images of 3 x 32 x 32 in 100 classes (Krizhevsky 2009), from a folder with
 * the official binary files. Node only.
 * @throws FileError for files that are missing or damaged; ValueError for an unknown option.
 */
export async function cifar100(options: Cifar100Options): Promise<ImageDataset> {
  const { split, dir, transform, labels } = resolveOptions('cifar100', table, options);
  const file = { name: `${split}.bin`, bytes: (split === 'train' ? 50_000 : 10_000) * (2 + cifarImageBytes) };
  const { filesFromFolder } = await import('../node/pinned-files.js');
  return cifar100FromBytes(await filesFromFolder(dir, ['', 'cifar-100-binary'], [file], help), { labels, transform });
}

/**
 * CIFAR-100 from official binary files in memory.
 * @throws FileError for damaged files, ValueError for unknown labels.
 */
export function cifar100FromBytes(
  files: readonly NamedBytes[],
  options: Pick<Cifar100Options, 'labels' | 'transform'> = {},
): ImageDataset {
  const { labels, transform } = resolveOptions('cifar100FromBytes', bytesTable, options);
  const classes = labels === 'fine' ? cifar100Classes : cifar100CoarseClasses;
  const labelByte = labels === 'fine' ? 1 : 0;
  const records = readCifarRecords(files, { labelBytes: 2, labelByte, numClasses: classes.length });
  return new ImageDataset({ ...records, shape: [3, 32, 32], classes, transform });
}
