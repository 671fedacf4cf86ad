import { expected, ShapeError, ValueError } from '../../../errors.js';
import { fromHost } from '../../../tensor/host.js';
import type { Generator } from '../../../tensor/random.js';
import { checkIndices, type Dataset, type Prefetcher } from '../../dataset.js';
import type { Images, Transform } from '../../transforms/transform.js';
import type { ImageBatch } from '../../vision/image-dataset.js';
import { transformOption } from '../../vision/image-options.js';
import { openImages, type Preparation } from './image-batches.js';
import { type ListedImages, listImages } from './list-images.js';

/** What a folder consists of. */
interface Parts extends ListedImages, Preparation {
  readonly dir: string;
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
    const images = await openImages(this.#parts, 0).read(this.#pathsOf(indices), generator);
    return this.#upload(images, indices);
  }

  /** Begins to read images in `workers` threads, by default one per core, up to four. */
  prefetcher(workers?: number): Prefetcher<ImageBatch> {
    const opened = openImages(this.#parts, workers);
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
 * Lists the images of a folder with one sub-folder per class.
 * @throws FileError as `listImages` does.
 */
export async function openFolder(dir: string, preparation: Preparation, allowEmpty: boolean): Promise<ImageFolder> {
  return new ImageFolder({ ...(await listImages(dir, allowEmpty)), ...preparation, dir });
}
