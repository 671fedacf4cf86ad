import { data } from 'antinode';
import { showFetching } from '../shared/fetching.js';
import type { Settings } from './options.js';

/** The images of a run. */
export interface Images {
  readonly train: data.ImageDataset;
  readonly test: data.ImageDataset;
}

/**
 * Loads CIFAR-10 from a folder or from the cache. An empty cache is filled first, with a progress bar. Training images
 * are cropped and flipped at random; all images are normalised per channel. A subset is the first images in the order
 * of the files, which is random. Label noise is drawn from the run's seed.
 */
export async function loadImages(settings: Settings, dir: string | null): Promise<Images> {
  const { compose, normalize, randomCrop, randomHorizontalFlip } = data.transforms;
  const normalized = normalize(data.cifar10Mean, data.cifar10Std);
  const augmented = compose(randomCrop(32, { padding: 4 }), randomHorizontalFlip(), normalized);
  return showFetching(async (onProgress) => {
    const source = { dir: dir ?? undefined, onProgress };
    const train = await data.cifar10({ ...source, split: 'train', transform: augmented });
    const test = await data.cifar10({ ...source, split: 'test', transform: normalized });
    const subset = train.slice(0, settings.trainSize);
    const noise = settings.labelNoise;
    const labels = data.pairwiseLabelNoise(subset.labels, noise, train.classes.length, settings.seed);
    return { train: noise > 0 ? subset.withLabels(labels) : subset, test: test.slice(0, settings.testSize) };
  });
}
