import { ShapeError } from '../../errors.js';
import { countPair, finite, natural } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import { type Pair, pair } from '../../tensor/shape.js';
import { type Images, roundHalfEven, type Transform, valuesLike, type Window } from './transform.js';

/** Options of randomCrop. */
export interface RandomCropOptions {
  /** Number of pixels added on every side before cropping. Default 0. */
  readonly padding?: number;
  /** Value of those pixels. Default 0. */
  readonly fill?: number;
}

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
    recipe: { name: 'randomCrop', args: [size, options] },
    apply(images, generator) {
      const rows = images.height + 2 * padding - height + 1;
      const columns = images.width + 2 * padding - width + 1;
      if (rows < 1 || columns < 1) {
        throw new ShapeError(
          `randomCrop: expected images of at least ${height} x ${width} with padding ${padding}, got ${images.height} x ${images.width}`,
        );
      }
      const out = valuesLike('randomCrop', images.data, images.count * images.channels * height * width);
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
 * Cuts `size` (one number or [height, width]) out of the middle of each image. An image that is smaller is first padded
 * with 0 on both sides, as in torchvision.
 * @throws ValueError for sizes that are not positive integers.
 */
export function centerCrop(size: Pair): Transform {
  const [height, width] = pair(checkArgument('centerCrop', 'size', countPair(), size));
  return {
    random: false,
    recipe: { name: 'centerCrop', args: [size] },
    apply(images) {
      const out = valuesLike('centerCrop', images.data, images.count * images.channels * height * width);
      const window = { top: middle(images.height, height), left: middle(images.width, width), height, width };
      for (let i = 0; i < images.count; i++) cut(images, i, window, out);
      return { ...images, data: out, height, width };
    },
  };
}

/** The start of a centred window: of a smaller image, the smaller part of the padding comes first. */
function middle(whole: number, part: number): number {
  return part > whole ? -Math.floor((part - whole) / 2) : roundHalfEven((whole - part) / 2);
}
