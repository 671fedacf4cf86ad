import { ShapeError } from '../../errors.js';
import type { Option } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from './color.js';
import type { Transform } from './transform.js';

/** The strength of a random change, or the least and the greatest factor. */
export type JitterRange = number | readonly [number, number];

/** Options of colorJitter. */
export interface ColorJitterOptions {
  /** Factors from max(0, 1 - b) to 1 + b, or in [least, greatest]. Default 0: none. */
  readonly brightness?: JitterRange;
  /** Factors from max(0, 1 - c) to 1 + c, or in [least, greatest]. Default 0: none. */
  readonly contrast?: JitterRange;
  /** Factors from max(0, 1 - s) to 1 + s, or in [least, greatest]. Default 0: none. */
  readonly saturation?: JitterRange;
  /** Shares of the circle from -h to h, at most 0.5, or in [least, greatest]. Default 0: none. */
  readonly hue?: JitterRange;
}

/** A number from 0 to `most`, or two from `low` to `most` in ascending order. */
function jitter(low: number, most: number): Option<JitterRange> {
  const within = (x: unknown, least: number) => typeof x === 'number' && x >= least && x <= most;
  const isRange = (x: unknown) => Array.isArray(x) && x.length === 2 && x.every((n) => within(n, low)) && x[0] <= x[1];
  return {
    initial: 0,
    wanted: `to be a number from 0 to ${most}, or two from ${low} to ${most} in ascending order`,
    accepts: (x) => within(x, 0) || isRange(x),
  };
}

const factor = () => jitter(0, Number.MAX_VALUE);

const table = {
  brightness: factor(),
  contrast: factor(),
  saturation: factor(),
  hue: jitter(-0.5, 0.5),
} satisfies OptionTable<ColorJitterOptions>;

/**
 * Changes brightness, contrast, saturation and hue of each image at random, in random order, as torchvision's
 * ColorJitter; each change computes the bytes of Pillow. Draws for each image the order, then one factor for each change
 * that is not switched off. Images of one channel keep hue and saturation.
 * @throws ValueError for unknown or invalid options; ShapeError for floats and for other numbers of channels.
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  const { hue, ...factors } = resolveOptions('colorJitter', table, options);
  const around = (range: JitterRange, neutral: number) =>
    typeof range === 'number' ? [neutral === 0 ? -range : Math.max(0, 1 - range), neutral + range] : range;
  const changes = [
    { adjust: adjustBrightness, range: around(factors.brightness, 1), neutral: 1 },
    { adjust: adjustContrast, range: around(factors.contrast, 1), neutral: 1 },
    { adjust: adjustSaturation, range: around(factors.saturation, 1), neutral: 1 },
    { adjust: adjustHue, range: around(hue, 0), neutral: 0 },
  ];
  return {
    random: true,
    recipe: { name: 'colorJitter', args: [options] },
    apply(images, generator) {
      const { data, count, channels } = images;
      const isFloat = data instanceof Float32Array;
      if (isFloat || (channels !== 1 && channels !== 3)) {
        const got = `${isFloat ? 'floats' : 'bytes'} of ${channels}`;
        throw new ShapeError(
          `colorJitter: expected bytes, before normalize or toFloat, of 1 or 3 channels, got ${got}`,
        );
      }
      for (let i = 0; i < count; i++) {
        const order = generator.permutation(changes.length);
        const drawn = changes.map(({ range: [low, high], neutral }) =>
          low === neutral && high === neutral ? neutral : low + (high - low) * generator.uniform(),
        );
        for (const k of order) if (drawn[k] !== changes[k].neutral) changes[k].adjust(images, i, drawn[k]);
      }
      return images;
    },
  };
}
