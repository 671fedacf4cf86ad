import { expected, ShapeError, ValueError } from '../../errors.js';
import { expectText } from '../../tensor/expect.js';
import { fromHost } from '../../tensor/host.js';
import { count, flag } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Generator } from '../../tensor/random.js';
import { checkIndices, type Dataset, type Prefetcher } from '../dataset.js';
import type { ImageBatches, Preparation } from '../node/images/image-batches.js';
import type { ListedImages } from '../node/images/list-images.js';
import type { Images, Transform } from '../transforms/transform.js';
import type { ImageBatch } from './image-dataset.js';
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

/** Opens files for reading in a number of threads; undefined means the usual number. */
type Open = (preparation: Preparation, workers: number | undefined) => ImageBatches;

interface Parts extends ListedImages, Preparation {
  readonly dir: string;
  readonly open: Open;
}

/**
 * Labelled images in files. They are read when a batch is made, as three channels: grey images get three equal ones,
 * alpha is dropped. A DataLoader reads them ahead, in worker threads.
 */
export class ImageFolder implements Dataset<ImageBatch> {
  /** The folder. */
  readonly dir: string;
  /** Names of the classes, by number: those of the sub-folders, sorted. */
  readonly classes: readonly string[];
  /** Paths of the images relative to the folder, with slashes. */
  readonly files: readonly string[];
  /** Class numbers of the images. */
  readonly labels: Int32Array;
  readonly transform: Transform | null;
  readonly #parts: Parts;

  /** @internal */
  constructor(parts: Parts) {
    this.dir = parts.dir;
    this.classes = parts.classes;
    this.files = parts.files;
    this.labels = parts.labels;
    this.transform = parts.transform ?? null;
    this.#parts = parts;
  }

  get length(): number {
    return this.files.length;
  }

  /** True if the transform augments at random. */
  get random(): boolean {
    return this.transform?.random ?? false;
  }

  /** Numbers of the classes by name. */
  get classToIdx(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.classes.map((name, i) => [name, i]));
  }

  /**
   * Reads images in the calling thread.
   * @throws FileError for a file that is no readable image, ShapeError for images of several sizes, and errors of the
   * transform; each names the file.
   */
  async batch(indices: Int32Array, generator: Generator): Promise<ImageBatch> {
    const images = await this.#parts.open(this.#parts, 0).read(this.#pathsOf(indices), generator);
    return this.#upload(images, indices);
  }

  /** Begins to read images in `workers` threads, by default one per core, up to four. */
  prefetcher(workers?: number): Prefetcher<ImageBatch> {
    const opened = this.#parts.open(this.#parts, workers);
    return {
      prepare: async (indices, generator) => {
        const images = await opened.read(this.#pathsOf(indices), generator);
        return () => this.#upload(images, indices);
      },
      close: () => opened.close(),
    };
  }

  /**
   * Returns the images at `indices`, in that order.
   * @throws ValueError for an index out of range.
   */
  select(indices: ArrayLike<number>): ImageFolder {
    const checked = checkIndices('ImageFolder', indices, this.length);
    const files = Array.from(checked, (i) => this.files[i]);
    return new ImageFolder({ ...this.#parts, files, labels: checked.map((i) => this.labels[i]) });
  }

  /**
   * Returns the same images with other labels, such as those of pairwiseLabelNoise.
   * @throws ShapeError for another number of labels, ValueError for a label without a class.
   */
  withLabels(labels: ArrayLike<number>): ImageFolder {
    if (labels.length !== this.length) {
      throw new ShapeError(expected('ImageFolder', `${this.length} labels`, `${labels.length}`));
    }
    return new ImageFolder({ ...this.#parts, labels: checkIndices('ImageFolder', labels, this.classes.length) });
  }

  /** Returns the same images with another transform. */
  withTransform(transform: Transform | undefined): ImageFolder {
    if (!transformOption.accepts(transform)) {
      throw new ValueError(`ImageFolder: expected transform ${transformOption.wanted}`);
    }
    return new ImageFolder({ ...this.#parts, transform });
  }

  #pathsOf(indices: Int32Array): string[] {
    return Array.from(checkIndices('ImageFolder', indices, this.length), (i) => `${this.dir}/${this.files[i]}`);
  }

  #upload({ data, count, channels, height, width }: Images, indices: Int32Array): ImageBatch {
    return {
      images: fromHost('ImageFolder', data, [count, channels, height, width], 'float32'),
      labels: fromHost(
        'ImageFolder',
        indices.map((i) => this.labels[i]),
        [indices.length],
        'int32',
      ),
    };
  }
}

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
  const { listImages } = await import('../node/images/list-images.js');
  const { openImages, usualWorkers } = await import('../node/images/image-batches.js');
  const listed = await listImages(dir, allowEmpty);
  const open: Open = (preparation, workers) => openImages(preparation, workers ?? usualWorkers());
  return new ImageFolder({ ...listed, dir, transform, maxPixels, open });
}

/** Mean of each channel of ImageNet's training images, pixels in [0, 1]. Source: torchvision. */
export const imagenetMean: readonly number[] = [0.485, 0.456, 0.406];

/** Standard deviation of each channel of ImageNet's training images. Source: torchvision. */
export const imagenetStd: readonly number[] = [0.229, 0.224, 0.225];
