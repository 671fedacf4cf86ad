import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { data, Generator } from 'antinode';
import { showFetching } from '../shared/fetching.js';
import { UserError } from '../shared/user-error.js';
import type { Settings } from './options.js';

/** Labelled images: those of CIFAR are in memory, those of a folder in files. */
export type LabelledImages = data.ImageDataset | data.ImageFolder;

/** The images of a run. */
export interface Images {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** Loads the images of a run from a folder, or CIFAR-10 from the cache, and adds label noise from the run's seed. */
export async function loadImages(settings: Settings, dir: string | null): Promise<Images> {
  const { labelNoise, seed, dataset } = settings;
  if (dataset !== 'cifar10' && dir === null) {
    throw new UserError(`option '--data': expected a folder with the images, got none`);
  }
  const { train, test } = await (dataset === 'folder' ? loadFolder(settings, `${dir}`) : loadCifar(settings, dir));
  if (labelNoise === 0) return { train, test };
  const labels = data.pairwiseLabelNoise(train.labels, labelNoise, train.classes.length, seed);
  return { train: train.withLabels(labels), test };
}

/**
 * Loads CIFAR-10 or CIFAR-100. An empty cache is filled first, with a progress bar. Training images are cropped and
 * flipped at random; all images are normalised per channel. A subset is the first images in the order of the files,
 * which is random.
 */
function loadCifar({ dataset, trainSize, testSize }: Settings, dir: string | null): Promise<Images> {
  const { compose, normalize, randomCrop, randomHorizontalFlip } = data.transforms;
  const isTen = dataset === 'cifar10';
  const normalized = isTen
    ? normalize(data.cifar10Mean, data.cifar10Std)
    : normalize(data.cifar100Mean, data.cifar100Std);
  const augmented = compose(randomCrop(32, { padding: 4 }), randomHorizontalFlip(), normalized);
  return showFetching(async (onProgress) => {
    const source = { dir: dir ?? undefined, onProgress };
    const load = (options: data.ImageSourceOptions) =>
      isTen ? data.cifar10({ ...source, ...options }) : data.cifar100({ ...source, ...options, dir: `${dir}` });
    const train = await load({ split: 'train', transform: augmented });
    const test = await load({ split: 'test', transform: normalized });
    return { train: train.slice(0, trainSize ?? train.length), test: test.slice(0, testSize ?? test.length) };
  });
}

/**
 * Lists the images of a folder with the layout of ImageNet. Parts of training images of random size, proportion and
 * place are resized and flipped at random (appendix B.2); test images are resized to 8 / 7 of the size and cut. A
 * subset is drawn from the run's seed.
 */
async function loadFolder({ imageSize, trainSize, testSize, seed }: Settings, dir: string): Promise<Images> {
  const { centerCrop, compose, normalize, randomHorizontalFlip, randomResizedCrop, resize } = data.transforms;
  const normalized = normalize(data.imagenetMean, data.imagenetStd);
  const part = ['val', 'test'].find((name) => existsSync(join(dir, name)));
  if (part === undefined || !existsSync(join(dir, 'train'))) {
    throw new UserError(`${dir}: expected a folder with the folders train and val (or test)`);
  }
  const train = await data.imageFolder(join(dir, 'train'), {
    transform: compose(randomResizedCrop(imageSize), randomHorizontalFlip(), normalized),
  });
  const test = await data.imageFolder(join(dir, part), {
    transform: compose(resize(Math.round((imageSize * 8) / 7)), centerCrop(imageSize), normalized),
  });
  if (train.classes.join('\0') !== test.classes.join('\0')) {
    throw new UserError(`${dir}: expected the same classes in train and ${part}, got others`);
  }
  return { train: sample(train, trainSize, seed), test: sample(test, testSize, seed) };
}

/** Draws `size` images, or returns all if there are no more. */
function sample(images: data.ImageFolder, size: number | null, seed: number): data.ImageFolder {
  if (size === null || size >= images.length) return images;
  return images.select(new Generator(seed).permutation(images.length).subarray(0, size));
}
