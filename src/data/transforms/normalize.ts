import { ShapeError, textOf, ValueError } from '../../errors.js';
import { expectList } from '../../tensor/expect.js';
import type { Transform } from './transform.js';

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
    recipe: { name: 'normalize', args: [mean, std] },
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
    recipe: { name: 'toFloat', args: [] },
    apply(images) {
      const { data } = images;
      if (data instanceof Float32Array) return images;
      const out = new Float32Array(data.length);
      for (let i = 0; i < out.length; i++) out[i] = data[i] / 255;
      return { ...images, data: out };
    },
  };
}
