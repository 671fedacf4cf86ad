import { ValueError } from '../../errors.js';
import type { NamedBytes } from '../named-bytes.js';
import { cifarImageBytes, readCifarRecords } from './cifar-records.js';
import { checkSource, type ImageSourceOptions } from './cifar10.js';
import { cifar100Classes, cifar100CoarseClasses } from './cifar100-classes.js';
import { ImageDataset } from './images.js';
import type { Transform } from './transforms.js';

/** Options of cifar100. */
export interface Cifar100Options extends Omit<ImageSourceOptions, 'dir'> {
  /** The folder that holds train.bin and test.bin, or cifar-100-binary with them. */
  readonly dir: string;
  /** 'fine' for the 100 classes, 'coarse' for the 20 they are grouped into. Default 'fine'. */
  readonly labels?: 'fine' | 'coarse';
}

const help = 'It is found in cifar-100-binary.tar.gz, unpacked.';

/**
 * CIFAR-100: 50,000 training and 10,000 test images of 3 x 32 x 32 in 100 classes (Krizhevsky 2009), from a folder
 * with the official binary files. Node only.
 *
 * @throws FileError for files that are missing or damaged
 */
export async function cifar100({ labels = 'fine', ...options }: Cifar100Options): Promise<ImageDataset> {
  const { split = 'train', dir, transform } = checkSource('cifar100', options);
  if (typeof dir !== 'string') {
    throw new ValueError(`cifar100: expected dir, a folder with train.bin and test.bin, got ${dir}. ${help}`);
  }
  const file = { name: `${split}.bin`, bytes: (split === 'train' ? 50_000 : 10_000) * (2 + cifarImageBytes) };
  const { filesFromFolder } = await import('../node/cached-files.js');
  return cifar100FromBytes(await filesFromFolder(dir, ['', 'cifar-100-binary'], [file], help), { labels, transform });
}

/** CIFAR-100 from official binary files in memory. Throws FileError for damaged ones, ValueError for unknown labels. */
export function cifar100FromBytes(
  files: readonly NamedBytes[],
  { labels = 'fine', transform }: { readonly labels?: 'fine' | 'coarse'; readonly transform?: Transform } = {},
): ImageDataset {
  if (labels !== 'fine' && labels !== 'coarse') {
    throw new ValueError(`cifar100: expected labels 'fine' or 'coarse', got '${labels}'`);
  }
  const classes = labels === 'fine' ? cifar100Classes : cifar100CoarseClasses;
  const labelByte = labels === 'fine' ? 1 : 0;
  const records = readCifarRecords(files, { labelBytes: 2, labelByte, numClasses: classes.length });
  return new ImageDataset({ ...records, shape: [3, 32, 32], classes, transform });
}
