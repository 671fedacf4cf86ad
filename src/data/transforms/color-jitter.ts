import type { Option } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  type ByteImages,
  expectByteImages,
} from './color.js';
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

/** A number from 0 to `most`, or two in [low, high] in ascending order. */
function jitter(low: number, high: number, most: number): Option<JitterRange> {
  const isNumber = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x);
  const isRange = (x: unknown) =>
    Array.isArray(x) && x.length === 2 && x.every(isNumber) && low <= x[0] && x[0] <= x[1] && x[1] <= high;
  const upTo = (bound: number) => (bound === Number.MAX_VALUE ? '' : ` to ${bound}`);
  return {
    initial: 0,
    wanted: `to be a number from 0${upTo(most)}, or two numbers from ${low}${upTo(high)} in ascending order`,
    accepts: (x) => (isNumber(x) ? x >= 0 && x <= most : isRange(x)),
  };
}

const factor = () => jitter(0, Number.MAX_VALUE, Number.MAX_VALUE);

const table = {
  brightness: factor(),
  contrast: factor(),
  saturation: factor(),
  hue: jitter(-0.5, 0.5, 0.5),
} satisfies OptionTable<ColorJitterOptions>;

/** Changes image `i` in place by a factor. */
type Adjust = (images: ByteImages, i: number, factor: number) => void;

/**
 * Changes brightness, contrast, saturation and hue of each image at random, in random order, as torchvision's
 * ColorJitter; each change computes the bytes of Pillow. Draws for each image the order, then one factor for each change
 * that is not switched off. Images of one channel keep hue and saturation.
 * @throws ValueError for unknown or invalid options, and when applied to floats.
 */
export function colorJitter(options: ColorJitterOptions = {}): Transform {
  const { brightness, contrast, saturation, hue } = resolveOptions('colorJitter', table, options);
  const around = (range: JitterRange) =>
    typeof range === 'number' ? ([Math.max(0, 1 - range), 1 + range] as const) : range;
  const changes: readonly [Adjust, readonly [number, number], neutral: number][] = [
    [adjustBrightness, around(brightness), 1],
    [adjustContrast, around(contrast), 1],
    [adjustSaturation, around(saturation), 1],
    [adjustHue, typeof hue === 'number' ? [-hue, hue] : hue, 0],
  ];
  return {
    random: true,
    recipe: { name: 'colorJitter', args: [options] },
    apply(images, generator) {
      expectByteImages('colorJitter', images);
      for (let i = 0; i < images.count; i++) {
        const order = generator.permutation(changes.length);
        const factors = changes.map(([, [low, high], neutral]) =>
          low === neutral && high === neutral ? neutral : low + (high - low) * generator.uniform(),
        );
        for (const k of order) {
          const [adjust, , neutral] = changes[k];
          if (factors[k] !== neutral) adjust(images, i, factors[k]);
        }
      }
      return images;
    },
  };
}
