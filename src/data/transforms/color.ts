import type { Images } from './transform.js';

/** Changes the bytes of image `i`, of one or three channels, in place. */
export type Adjust = (images: Images, i: number, factor: number) => void;

// The functions below compute the bytes of Pillow's ImageEnhance, in single precision as it does.

/** A byte between `from` (factor 0) and `to` (factor 1), or beyond them, without its fraction. */
function blend(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(factor * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : value | 0;
}

/** The first element of image `i` and the elements of one channel. */
function planesOf({ channels, height, width }: Images, i: number): [start: number, plane: number] {
  return [i * channels * height * width, height * width];
}

function grey(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** Blends every value with `from`, by a table of all bytes. */
function blendAll(images: Images, i: number, from: number, factor: number): void {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => blend(from, byte, Math.fround(factor)));
  const [start, plane] = planesOf(images, i);
  const { data, channels } = images;
  for (let at = start; at < start + channels * plane; at++) data[at] = table[data[at]];
}

/** Factor 0 gives black, 1 the image, 2 twice the brightness. */
export const adjustBrightness: Adjust = (images, i, factor) => blendAll(images, i, 0, factor);

/** Factor 0 gives an even grey of the mean brightness, 1 the image. */
export const adjustContrast: Adjust = (images, i, factor) => {
  const { data, channels } = images;
  const [start, plane] = planesOf(images, i);
  let sum = 0;
  for (let at = start; at < start + plane; at++) {
    sum += channels === 1 ? data[at] : grey(data[at], data[at + plane], data[at + 2 * plane]);
  }
  blendAll(images, i, Math.floor(sum / plane + 0.5), factor);
};

/** Factor 0 gives shades of grey, 1 the image. Images of one channel stay as they are. */
export const adjustSaturation: Adjust = (images, i, factor) => {
  const { data, channels } = images;
  if (channels === 1) return;
  const single = Math.fround(factor);
  const [start, plane] = planesOf(images, i);
  for (let at = start; at < start + plane; at++) {
    const from = grey(data[at], data[at + plane], data[at + 2 * plane]);
    for (let c = at; c <= at + 2 * plane; c += plane) data[c] = blend(from, data[c], single);
  }
};

/** For each sixth of the circle, which of most, rising, low and falling are red, green and blue. */
const sectors = [0, 1, 2, 3, 0, 2, 2, 0, 1, 2, 3, 0, 1, 2, 0, 0, 2, 3];

/** Moves the hue by a share of the circle, -0.5 to 0.5. Images of one channel stay as they are. */
export const adjustHue: Adjust = (images, i, shift) => {
  const { data, channels } = images;
  if (channels === 1) return;
  const steps = Math.trunc(shift * 255);
  const levels = new Uint8Array(4);
  const [start, plane] = planesOf(images, i);
  for (let at = start; at < start + plane; at++) {
    const [red, green, blue] = [data[at], data[at + plane], data[at + 2 * plane]];
    const most = Math.max(red, green, blue);
    const range = most - Math.min(red, green, blue);
    if (range === 0) continue;
    // hue and saturation are bytes, and so are the results
    const hue = (hueOf(red, green, blue, range) + steps) & 255;
    const saturation = Math.fround(Math.trunc(Math.fround(range / most) * 255) / 255);
    const sector = Math.floor((hue * 6) / 255);
    const rest = Math.fround((hue * 6) / 255 - sector);
    levels[0] = most;
    levels[1] = Math.round(most * (1 - saturation * (1 - rest)));
    levels[2] = Math.round(most * (1 - saturation));
    levels[3] = Math.round(most * (1 - saturation * rest));
    for (let c = 0; c < 3; c++) data[at + c * plane] = levels[sectors[(sector % 6) * 3 + c]];
  }
};

/** The hue as a byte; `range` is the difference between the largest and the smallest colour. */
function hueOf(red: number, green: number, blue: number, range: number): number {
  const most = Math.max(red, green, blue);
  const r = Math.fround((most - red) / range);
  const g = Math.fround((most - green) / range);
  const b = Math.fround((most - blue) / range);
  const sixths = most === red ? b - g : most === green ? 2 + r - b : 4 + g - r;
  const hue = Math.fround((Math.fround(sixths) / 6 + 1) % 1);
  return Math.trunc(hue * 255);
}
