import type { Images } from '../../src/data/transforms/transform.js';

/** An image as decoders and Pillow store it: rows of pixels of three bytes. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** The same image as one of the framework: three planes. */
export function planes({ height, width, data }: Picture): Images {
  const plane = height * width;
  const out = Uint8Array.from({ length: 3 * plane }, (_, i) => data[(i % plane) * 3 + Math.floor(i / plane)]);
  return { data: out, count: 1, channels: 3, height, width };
}
