import { expected, ShapeError, ValueError } from '../../errors.js';
import type { Images } from './transform.js';

/** Images of bytes with one or three channels. */
export interface ByteImages extends Images {
  readonly data: Uint8Array;
}

/**
 * Checks that images are bytes with one or three channels.
 * @throws ValueError for floats, ShapeError for another number of channels.
 */
export function expectByteImages(op: string, images: Images): asserts images is ByteImages {
  if (!(images.data instanceof Uint8Array)) {
    throw new ValueError(expected(op, 'images of bytes, before normalize or toFloat', 'floats'));
  }
  if (images.channels !== 1 && images.channels !== 3) {
    throw new ShapeError(expected(op, 'images of 1 or 3 channels', `${images.channels}`));
  }
}

// The functions below change image `i` in place and compute the bytes of Pillow's ImageEnhance, in single precision.

/** A byte between `from` (factor 0) and `to` (factor 1), or beyond them, without its fraction. */
function blend(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(factor * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

/** The first element of image `i` and the elements of one channel. */
function planesOf({ channels, height, width }: Images, i: number): [start: number, plane: number] {
  const plane = height * width;
  return [i * channels * plane, plane];
}

function grey(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** Blends every value with `from`, by a table of all bytes. */
function blendAll(images: ByteImages, i: number, from: number, factor: number): void {
  const single = Math.fround(factor);
  const table = Uint8Array.from({ length: 256 }, (_, byte) => blend(from, byte, single));
  const [start, plane] = planesOf(images, i);
  const { data, channels } = images;
  for (let at = start; at < start + channels * plane; at++) data[at] = table[data[at]];
}

/** Factor 0 gives black, 1 the image, 2 twice the brightness. */
export function adjustBrightness(images: ByteImages, i: number, factor: number): void {
  blendAll(images, i, 0, factor);
}

/** Factor 0 gives an even grey of the mean brightness, 1 the image. */
export function adjustContrast(images: ByteImages, i: number, factor: number): void {
  const { data, channels } = images;
  const [start, plane] = planesOf(images, i);
  let sum = 0;
  for (let at = start; at < start + plane; at++) {
    sum += channels === 1 ? data[at] : grey(data[at], data[at + plane], data[at + 2 * plane]);
  }
  blendAll(images, i, Math.floor(sum / plane + 0.5), factor);
}

/** Factor 0 gives shades of grey, 1 the image. Images of one channel stay as they are. */
export function adjustSaturation(images: ByteImages, i: number, factor: number): void {
  const { data, channels } = images;
  if (channels === 1) return;
  const single = Math.fround(factor);
  const [start, plane] = planesOf(images, i);
  for (let at = start; at < start + plane; at++) {
    const from = grey(data[at], data[at + plane], data[at + 2 * plane]);
    for (let c = at; c <= at + 2 * plane; c += plane) data[c] = blend(from, data[c], single);
  }
}

/** Moves the hue by a share of the circle, -0.5 to 0.5. Images of one channel stay as they are. */
export function adjustHue(images: ByteImages, i: number, shift: number): void {
  const { data, channels } = images;
  if (channels === 1) return;
  const steps = Math.trunc(shift * 255);
  const [start, plane] = planesOf(images, i);
  for (let at = start; at < start + plane; at++) {
    const [red, green, blue] = [data[at], data[at + plane], data[at + 2 * plane]];
    const most = Math.max(red, green, blue);
    const range = most - Math.min(red, green, blue);
    if (range === 0) continue;
    const saturation = Math.trunc(Math.fround(range / most) * 255);
    if (saturation === 0) {
      for (let c = at; c <= at + 2 * plane; c += plane) data[c] = most;
      continue;
    }
    const hue = (hueOf(red, green, blue) + steps) & 255;
    const sector = Math.floor((hue * 6) / 255);
    const rest = Math.fround((hue * 6) / 255 - sector);
    const share = Math.fround(saturation / 255);
    const low = Math.round(most * (1 - share));
    const falling = Math.round(most * (1 - share * rest));
    const rising = Math.round(most * (1 - share * (1 - rest)));
    const order = sectors[sector % 6];
    const values = [most, rising, low, falling];
    for (let c = 0; c < 3; c++) data[at + c * plane] = values[order[c]];
  }
}

/** For each sixth of the circle, which of most, rising, low and falling are red, green and blue. */
const sectors = [
  [0, 1, 2],
  [3, 0, 2],
  [2, 0, 1],
  [2, 3, 0],
  [1, 2, 0],
  [0, 2, 3],
];

/** The hue as a byte. */
function hueOf(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  const range = most - Math.min(red, green, blue);
  const [r, g, b] = [red, green, blue].map((value) => Math.fround((most - value) / range));
  const sixths = most === red ? b - g : most === green ? 2 + r - b : 4 + g - r;
  const hue = Math.fround((Math.fround(sixths) / 6 + 1) % 1);
  return Math.trunc(hue * 255);
}
