import type { Images } from './transform.js';

/** Changes the bytes of image `i`, of one or three channels, in place. */
export type Adjust = (images: Images, i: number, factor: number) => void;

// The functions below compute the bytes of Pillow's ImageEnhance, in single precision as it does. A change of a pixel
// gets the places of its values, which are `plane` apart.

/** A byte between `from` (factor 0) and `to` (factor 1), or beyond them, without its fraction. */
function blend(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(Math.fround(factor) * (to - from)));
  return Math.max(0, Math.min(255, Math.trunc(value)));
}

function forEachPixel({ channels, height, width }: Images, i: number, change: (at: number, plane: number) => void) {
  const plane = height * width;
  const start = i * channels * plane;
  for (let at = start; at < start + plane; at++) change(at, plane);
}

function grey({ data, channels }: Images, at: number, plane: number): number {
  if (channels === 1) return data[at];
  return (data[at] * 19595 + data[at + plane] * 38470 + data[at + 2 * plane] * 7471 + 0x8000) >> 16;
}

/** Blends all values of a pixel with `from`. */
function blendPixel({ data, channels }: Images, at: number, plane: number, from: number, factor: number): void {
  for (let c = 0; c < channels; c++) data[at + c * plane] = blend(from, data[at + c * plane], factor);
}

/** Factor 0 gives black, 1 the image, 2 twice the brightness. */
export const adjustBrightness: Adjust = (images, i, factor) => {
  forEachPixel(images, i, (at, plane) => blendPixel(images, at, plane, 0, factor));
};

/** Factor 0 gives an even grey of the mean brightness, 1 the image. */
export const adjustContrast: Adjust = (images, i, factor) => {
  let sum = 0;
  forEachPixel(images, i, (at, plane) => {
    sum += grey(images, at, plane);
  });
  const mean = Math.floor(sum / (images.height * images.width) + 0.5);
  forEachPixel(images, i, (at, plane) => blendPixel(images, at, plane, mean, factor));
};

/** Factor 0 gives shades of grey, 1 the image. Images of one channel stay as they are. */
export const adjustSaturation: Adjust = (images, i, factor) => {
  forEachPixel(images, i, (at, plane) => blendPixel(images, at, plane, grey(images, at, plane), factor));
};

/** Moves the hue by a share of the circle, -0.5 to 0.5. Images of one channel stay as they are. */
export const adjustHue: Adjust = (images, i, shift) => {
  const { data, channels } = images;
  if (channels === 1) return;
  forEachPixel(images, i, (at, plane) => {
    const [red, green, blue] = [data[at], data[at + plane], data[at + 2 * plane]];
    const most = Math.max(red, green, blue);
    const range = most - Math.min(red, green, blue);
    if (range === 0) return;
    // hue and saturation are bytes, and so are the results
    const down = (value: number) => Math.fround((most - value) / range);
    const sixths =
      red === most
        ? down(blue) - down(green)
        : green === most
          ? 2 + down(red) - down(blue)
          : 4 + down(green) - down(red);
    const circle = Math.fround((Math.fround(sixths) / 6 + 1) % 1);
    const hue = (Math.trunc(circle * 255) + Math.trunc(shift * 255)) & 255;
    const saturation = Math.fround(Math.trunc(Math.fround(range / most) * 255) / 255);
    const sector = Math.floor((hue * 6) / 255);
    const rest = Math.fround((hue * 6) / 255 - sector);
    const levels = [0, saturation * (1 - rest), saturation, saturation * rest].map((s) => Math.round(most * (1 - s)));
    // for each sixth of the circle, which level each channel has
    for (let c = 0; c < 3; c++) data[at + c * plane] = levels[Number('012302201230120023'[(sector % 6) * 3 + c])];
  });
};
