import type { NamedBytes } from '../../named-bytes.js';
import type { Images } from '../../transforms/transform.js';
import { decodePng, type PngHeader, type PngSamples, pngChannels } from '../png.js';
import { tooLarge } from './image-size.js';

/** Which depths go with which color types. */
const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/**
 * Decodes any PNG image to three planes of bytes: grey becomes three equal channels, colours of a palette are looked up,
 * alpha is dropped, and of 16 bits the upper 8 remain.
 * @throws FileError for images of more than `maxPixels` and for damaged data, or if the package fast-png is missing.
 */
export async function pngToRgb(file: NamedBytes, maxPixels: number): Promise<Images> {
  const samples = await decodePng(file, 'a PNG image', (header) => {
    const { width, height, depth, color, interlaced } = header;
    if (!depths[color]?.includes(depth)) return `color type ${color} with ${depth} bits`;
    if (interlaced && depth < 8) return `an interlaced image of ${depth} bits, which cannot be read`;
    return tooLarge(width, height, maxPixels);
  });
  const { width, height, palette } = samples;
  const plane = width * height;
  const data = new Uint8Array(3 * plane);
  const { values, stride, scale } = wholeSamples(samples);
  // green and blue of images without colour are the first sample
  const [green, blue] = stride >= 3 ? [1, 2] : [0, 0];
  for (let i = 0, from = 0; i < plane; i++, from += stride) {
    if (palette) {
      const color = palette[values[from]];
      data[i] = color?.[0] ?? 0;
      data[i + plane] = color?.[1] ?? 0;
      data[i + 2 * plane] = color?.[2] ?? 0;
    } else {
      data[i] = scale(values[from]);
      data[i + plane] = scale(values[from + green]);
      data[i + 2 * plane] = scale(values[from + blue]);
    }
  }
  return { data, count: 1, channels: 3, height, width };
}

interface WholeSamples {
  readonly values: ArrayLike<number>;
  /** Samples of a pixel. */
  readonly stride: number;
  /** Makes a byte of a sample. */
  scale(value: number): number;
}

function wholeSamples(image: PngSamples): WholeSamples {
  const { depth, color, data } = image;
  const stride = pngChannels[color];
  if (depth === 16) return { values: data, stride, scale: (value) => value >> 8 };
  if (depth === 8) return { values: data, stride, scale: (value) => value };
  const step = 255 / (2 ** depth - 1);
  return { values: unpacked(image, data), stride, scale: (value) => value * step };
}

/** Samples of less than 8 bits, of which a byte has several; the first is in its upper bits. */
function unpacked({ width, height, depth }: PngHeader, data: ArrayLike<number>): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const values = new Uint8Array(width * height);
  const mask = 2 ** depth - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * rowBytes + (bit >> 3)];
      values[y * width + x] = (byte >> (8 - depth - (bit & 7))) & mask;
    }
  }
  return values;
}
