import { ShapeError, ValueError } from '../../errors.js';
import { fromHost } from '../../tensor/host.js';
import { counts, instance, numbers, texts } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Generator } from '../../tensor/random.js';
import { numel } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkIndices, type Dataset } from '../dataset.js';
import { toFloat } from '../transforms/normalize.js';
import type { Images, Transform } from '../transforms/transform.js';
import { transformOption } from './image-options.js';

/** A batch of labelled images: images float32 (B, C, H, W), labels int32 (B). */
export interface ImageBatch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** Options of an ImageDataset. */
export interface ImageDatasetOptions {
  /** Pixels as bytes, (N, C, H, W) row-major. */
  readonly images: Uint8Array;
  /** One class number per image. */
  readonly labels: ArrayLike<number>;
  /** Channels, height and width. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Names of the classes, by number. */
  readonly classes: readonly string[];
  /** Prepares each batch; images that are still bytes afterwards are scaled to [0, 1]. Default: none. */
  readonly transform?: Transform;
}

const table = {
  images: instance(Uint8Array, 'a Uint8Array'),
  labels: numbers(),
  shape: counts<readonly [channels: number, height: number, width: number]>(3),
  classes: texts(),
  transform: transformOption,
} satisfies OptionTable<ImageDatasetOptions>;

/** Labelled images that stay on the host as bytes. A batch gathers its images, prepares them and uploads them once. */
export class ImageDataset implements Dataset<ImageBatch> {
  readonly images: Uint8Array;
  readonly labels: Int32Array;
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly classes: readonly string[];
  readonly transform: Transform | null;

  /**
   * @throws ValueError for an unknown or invalid option or for a label without a class, ShapeError if images and labels
   * differ in number.
   */
  constructor(options: ImageDatasetOptions) {
    const { images, labels, shape, classes, transform } = resolveOptions('ImageDataset', table, options);
    if (images.length !== labels.length * numel(shape)) {
      throw new ShapeError(
        `ImageDataset: expected ${labels.length} images of ${shape.join(' x ')} bytes, got ${images.length} bytes`,
      );
    }
    this.images = images;
    this.labels = Int32Array.from(labels);
    const wrong = this.labels.findIndex((label, i) => label !== labels[i] || label < 0 || label >= classes.length);
    if (wrong >= 0) {
      throw new ValueError(
        `ImageDataset: expected labels from 0 to ${classes.length - 1}, got ${labels[wrong]} at ${wrong}`,
      );
    }
    this.shape = shape;
    this.classes = classes;
    this.transform = transform ?? null;
  }

  get length(): number {
    return this.labels.length;
  }

  /** True if the transform augments at random. */
  get random(): boolean {
    return this.transform?.random ?? false;
  }

  batch(indices: Int32Array, generator: Generator): ImageBatch {
    const [channels, height, width] = this.shape;
    const raw: Images = { data: this.#gather(indices), count: indices.length, channels, height, width };
    const prepared = this.transform?.apply(raw, generator) ?? raw;
    const made = toFloat().apply(prepared, generator);
    return {
      images: fromHost('ImageDataset', made.data, [made.count, made.channels, made.height, made.width], 'float32'),
      labels: fromHost('ImageDataset', this.#labelsOf(indices), [indices.length], 'int32'),
    };
  }

  /**
   * Returns the images from `start` to `end` (exclusive), which share the same bytes.
   * @throws ValueError for a range out of bounds.
   */
  slice(start: number, end: number): ImageDataset {
    if (![start, end].every(Number.isInteger) || start < 0 || end < start || end > this.length) {
      throw new ValueError(`ImageDataset: expected a range within 0 to ${this.length}, got ${start} to ${end}`);
    }
    const size = numel(this.shape);
    return this.#with({
      images: this.images.subarray(start * size, end * size),
      labels: this.labels.subarray(start, end),
    });
  }

  /**
   * Returns the images at `indices`, in that order.
   * @throws ValueError for an index out of range.
   */
  select(indices: ArrayLike<number>): ImageDataset {
    const checked = checkIndices('ImageDataset', indices, this.length);
    return this.#with({ images: this.#gather(checked), labels: this.#labelsOf(checked) });
  }

  /** Returns the same images with other labels, such as those of pairwiseLabelNoise. */
  withLabels(labels: ArrayLike<number>): ImageDataset {
    return this.#with({ labels });
  }

  /** Returns the same images with another transform. */
  withTransform(transform: Transform | undefined): ImageDataset {
    return this.#with({ transform });
  }

  #with(changes: Partial<ImageDatasetOptions>): ImageDataset {
    const { images, labels, shape, classes } = this;
    return new ImageDataset({ images, labels, shape, classes, transform: this.transform ?? undefined, ...changes });
  }

  #labelsOf(indices: Int32Array): Int32Array {
    return indices.map((i) => this.labels[i]);
  }

  #gather(indices: Int32Array): Uint8Array {
    const size = numel(this.shape);
    const out = new Uint8Array(indices.length * size);
    indices.forEach((index, i) => {
      out.set(this.images.subarray(index * size, (index + 1) * size), i * size);
    });
    return out;
  }
}
