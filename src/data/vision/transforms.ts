import { ShapeError, textOf, ValueError } from '../../errors.js';
import { expectFunction, expectList, expectObject } from '../../tensor/expect.js';
import { countPair, finite, natural, share } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Generator } from '../../tensor/random.js';
import { type Pair, pair } from '../../tensor/shape.js';

/** A batch of images on the host, (count, channels, height, width) row-major; bytes are 0..255, floats mostly 0..1. */
export interface Images {
  readonly data: Uint8Array | Float32Array;
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** One stage of image preparation. It may write into the images that it receives, which are a copy. */
export interface Transform {
  /** True if it draws random numbers. */
  readonly random: boolean;
  apply(images: Images, generator: Generator): Images;
}

/** Applies the stages in order. */
export function compose(...stages: readonly Transform[]): Transform {
  for (const stage of stages) {
    expectObject('compose', 'transforms', stage);
    expectFunction('compose', 'transforms with a method apply', stage.apply);
  }
  return {
    random: stages.some((stage) => stage.random),
    apply: (images, generator) => stages.reduce((made, stage) => stage.apply(made, generator), images),
  };
}

/** Options of randomCrop. */
export interface RandomCropOptions {
  /** Number of pixels added on every side before cropping. Default 0. */
  readonly padding?: number;
  /** Value of those pixels. Default 0. */
  readonly fill?: number;
}

/** Most values that a batch may have after cropping. */
const mostValues = 2 ** 30;

const cropTable: OptionTable<Required<RandomCropOptions>> = { padding: natural(0), fill: finite(0) };

/**
 * Pads each image on all sides by `padding` pixels of value `fill` (both default to 0) and cuts out a window of `size`
 * (one number or [height, width]) at a random position, drawn per image: first the row, then the column.
 * @throws ValueError for sizes that are not positive integers and for unknown or invalid options; ShapeError if the
 * window does not fit.
 */
export function randomCrop(size: Pair, options: RandomCropOptions = {}): Transform {
  const { padding, fill } = resolveOptions('randomCrop', cropTable, options);
  const [height, width] = pair(checkArgument('randomCrop', 'size', countPair(), size));
  return {
    random: true,
    apply(images, generator) {
      const rows = images.height + 2 * padding - height + 1;
      const columns = images.width + 2 * padding - width + 1;
      if (rows < 1 || columns < 1) {
        throw new ShapeError(
          `randomCrop: expected images of at least ${height} x ${width} with padding ${padding}, got ${images.height} x ${images.width}`,
        );
      }
      const size = images.count * images.channels * height * width;
      if (size > mostValues) {
        throw new ValueError(`randomCrop: expected windows of at most ${mostValues} values in all, got ${size}`);
      }
      const out = images.data instanceof Uint8Array ? new Uint8Array(size) : new Float32Array(size);
      if (fill !== 0) out.fill(fill);
      for (let i = 0; i < images.count; i++) {
        const top = generator.below(rows) - padding;
        const left = generator.below(columns) - padding;
        cut(images, i, { top, left, height, width }, out);
      }
      return { ...images, data: out, height, width };
    },
  };
}

/** A part of an image; it may extend beyond the edges. */
interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Copies a window of image `i` into `out`, except for the part beyond the edges. */
function cut(images: Images, i: number, window: Window, out: Uint8Array | Float32Array): void {
  const { data, channels, height: fullHeight, width: fullWidth } = images;
  const { top, left, height, width } = window;
  const firstRow = Math.max(0, -top);
  const endRow = Math.min(height, fullHeight - top);
  const firstColumn = Math.max(0, -left);
  const endColumn = Math.min(width, fullWidth - left);
  for (let c = i * channels; c < (i + 1) * channels; c++) {
    for (let y = firstRow; y < endRow; y++) {
      const from = (c * fullHeight + top + y) * fullWidth + left;
      const to = (c * height + y) * width;
      for (let x = firstColumn; x < endColumn; x++) out[to + x] = data[from + x];
    }
  }
}

/**
 * Mirrors each image left to right with probability `p` (default 0.5).
 * @throws ValueError for p outside [0, 1].
 */
export function randomHorizontalFlip(p = 0.5): Transform {
  checkArgument('randomHorizontalFlip', 'p', share(), p);
  return {
    random: true,
    apply(images, generator) {
      const { data, count, channels, height, width } = images;
      const rows = channels * height;
      for (let i = 0; i < count; i++) {
        if (generator.uniform() >= p) continue;
        for (let row = i * rows; row < (i + 1) * rows; row++) reverse(data, row * width, width);
      }
      return images;
    },
  };
}

function reverse(data: Uint8Array | Float32Array, start: number, length: number): void {
  for (let a = start, b = start + length - 1; a < b; a++, b--) {
    const left = data[a];
    data[a] = data[b];
    data[b] = left;
  }
}

/**
 * Computes (value - mean) / std per channel, where bytes count as value / 255: `mean` and `std` are those of pixels in
 * [0, 1].
 * @throws ValueError unless there are as many deviations as means and all deviations are above 0; ShapeError for images
 * with another number of channels.
 */
export function normalize(mean: readonly number[], std: readonly number[]): Transform {
  expectList('normalize', 'a list of means', mean);
  expectList('normalize', 'a list of standard deviations', std);
  if (mean.length !== std.length || !mean.every(Number.isFinite) || !std.every((s) => s > 0)) {
    throw new ValueError(
      `normalize: expected a mean and a standard deviation above 0 per channel, got ${textOf(mean)} and ${textOf(std)}`,
    );
  }
  // A byte has 256 values, so the arithmetic is done once per value and channel.
  const tables = mean.map((m, c) => Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / std[c]));
  return {
    random: false,
    apply(images) {
      const { data, count, channels, height, width } = images;
      if (channels !== mean.length) {
        throw new ShapeError(`normalize: expected images of ${mean.length} channels, got ${channels}`);
      }
      const plane = height * width;
      const out = new Float32Array(data.length);
      for (let p = 0; p < count * channels; p++) {
        const c = p % channels;
        const table = tables[c];
        const end = (p + 1) * plane;
        if (data instanceof Uint8Array) for (let i = p * plane; i < end; i++) out[i] = table[data[i]];
        else for (let i = p * plane; i < end; i++) out[i] = (data[i] - mean[c]) / std[c];
      }
      return { ...images, data: out };
    },
  };
}

/** Converts images to floats: bytes become value / 255, floats stay unchanged. */
export function toFloat(): Transform {
  return {
    random: false,
    apply(images) {
      const { data } = images;
      if (data instanceof Float32Array) return images;
      const out = new Float32Array(data.length);
      for (let i = 0; i < out.length; i++) out[i] = data[i] / 255;
      return { ...images, data: out };
    },
  };
}
