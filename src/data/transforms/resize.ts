import { countPair, type Option } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Generator } from '../../tensor/random.js';
import { type Pair, pair } from '../../tensor/shape.js';
import { resample } from './resample.js';
import { type Images, roundHalfEven, type Transform, valuesLike, type Window } from './transform.js';

/** Returns images of `height` x `width` from a window of each image. */
function resized(
  op: string,
  images: Images,
  [height, width]: readonly [number, number],
  windowOf: () => Window,
): Images {
  const { data, count, channels } = images;
  const size = channels * height * width;
  const out = valuesLike(op, data, count * size);
  for (let i = 0; i < count; i++) resample(images, i, windowOf(), { out, at: i * size, height, width });
  return { ...images, data: out, height, width };
}

/**
 * Resizes images with bilinear interpolation and antialiasing; bytes are those that Pillow computes. With one number,
 * the shorter side gets that length and the longer one keeps the proportion, rounded down, as in torchvision; with
 * [height, width], the images get exactly that size.
 * @throws ValueError for sizes that are not positive integers, and for results of more than 2^30 values.
 */
export function resize(size: Pair): Transform {
  checkArgument('resize', 'size', countPair(), size);
  return {
    random: false,
    recipe: { name: 'resize', args: [size] },
    apply(images) {
      const { height, width } = images;
      const wanted = typeof size === 'number' ? shorterSide(size, height, width) : pair(size);
      if (wanted[0] === height && wanted[1] === width) return images;
      return resized('resize', images, wanted, () => ({ top: 0, left: 0, height, width }));
    },
  };
}

function shorterSide(size: number, height: number, width: number): [number, number] {
  if (height <= width) return [size, Math.trunc((size * width) / height)];
  return [Math.trunc((size * height) / width), size];
}

/** Options of randomResizedCrop. */
export interface RandomResizedCropOptions {
  /** The least and the greatest share of the area that is cut out. Default [0.08, 1]. */
  readonly scale?: readonly [number, number];
  /** The least and the greatest width / height of the part that is cut out. Default [3 / 4, 4 / 3]. */
  readonly ratio?: readonly [number, number];
}

function range(initial: readonly [number, number]): Option<readonly [number, number]> {
  const fits = (x: readonly unknown[]) => x.every((n) => Number.isFinite(n) && (n as number) > 0);
  return {
    initial,
    wanted: 'to be two numbers > 0 in ascending order',
    accepts: (x) => Array.isArray(x) && x.length === 2 && fits(x) && x[0] <= x[1],
  };
}

const table = {
  scale: range([0.08, 1]),
  ratio: range([3 / 4, 4 / 3]),
} satisfies OptionTable<RandomResizedCropOptions>;

/**
 * Cuts a random part out of each image and resizes it to `size` (one number or [height, width]), as training on
 * ImageNet usually does. Area and proportion are drawn as in torchvision: the area uniformly in `scale`, the logarithm
 * of the proportion uniformly, ten times until the part fits, and otherwise the largest centred part with a proportion
 * in `ratio`.
 * @throws ValueError for sizes that are not positive integers and for unknown or invalid options.
 */
export function randomResizedCrop(size: Pair, options: RandomResizedCropOptions = {}): Transform {
  const { scale, ratio } = resolveOptions('randomResizedCrop', table, options);
  const wanted = pair(checkArgument('randomResizedCrop', 'size', countPair(), size));
  return {
    random: true,
    recipe: { name: 'randomResizedCrop', args: [size, options] },
    apply: (images, generator) =>
      resized('randomResizedCrop', images, wanted, () => drawWindow(images, { scale, ratio }, generator)),
  };
}

/** Draws the part of an image for randomResizedCrop. */
export function drawWindow(
  { height: fullHeight, width: fullWidth }: Pick<Images, 'height' | 'width'>,
  { scale, ratio }: Required<RandomResizedCropOptions>,
  generator: Generator,
): Window {
  const between = (low: number, high: number) => low + (high - low) * generator.uniform();
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = fullHeight * fullWidth * between(scale[0], scale[1]);
    const proportion = Math.exp(between(Math.log(ratio[0]), Math.log(ratio[1])));
    const width = roundHalfEven(Math.sqrt(area * proportion));
    const height = roundHalfEven(Math.sqrt(area / proportion));
    if (width < 1 || width > fullWidth || height < 1 || height > fullHeight) continue;
    const top = generator.below(fullHeight - height + 1);
    return { top, left: generator.below(fullWidth - width + 1), height, width };
  }
  const proportion = fullWidth / fullHeight;
  let [height, width] = [fullHeight, fullWidth];
  if (proportion < ratio[0]) height = Math.min(fullHeight, roundHalfEven(width / ratio[0]));
  else if (proportion > ratio[1]) width = Math.min(fullWidth, roundHalfEven(height * ratio[1]));
  // an image of one row or column may be too narrow for every proportion
  [height, width] = [Math.max(1, height), Math.max(1, width)];
  return { top: (fullHeight - height) >> 1, left: (fullWidth - width) >> 1, height, width };
}
