/**
 * Most bytes of the transformed tensors of a run of images, so that they stay in the caches; more if the transformed
 * weights are large, which each run reads or computes again.
 */
const runBytes = 3 << 19;
const longRunBytes = 6 << 20;

/** Most bytes of transformed weights, or of their gradients, that are computed before they are used. */
const groupBytes = 10 << 20;

/** Channels side by side in a transformed tensor: one task of a transform handles that many. */
const blockChannels = 8;

/** Tiles that one task of a transform handles at least, if there are enough. */
const taskTiles = 64;

/** Some consecutive images. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/** How outputs are divided into tiles, and the batch into runs of images. */
export interface Tiling {
  /** Rows and columns of tiles in an image. */
  readonly rows: number;
  readonly columns: number;
  /** Most images of a run. */
  readonly run: number;
  readonly runs: readonly Run[];
  /** Images that one task of a transform handles. */
  readonly taskImages: number;
}

/** Outputs of a convolution. */
interface Outputs {
  readonly images: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** How many of `all` rows of transformed weights, of `rowBytes` bytes each, make a group; a multiple of `unit`. */
export function groupOf(all: number, rowBytes: number, unit: number): number {
  if (36 * all * rowBytes <= groupBytes) return all;
  return unit * Math.max(1, Math.floor(groupBytes / (36 * rowBytes * unit)));
}

/**
 * The tiling of outputs, for transformed tensors with a total of `channels` channels.
 *
 * @param grouped whether the transformed weights are computed in groups
 */
export function tile({ images, outHeight, outWidth }: Outputs, channels: number, grouped: boolean): Tiling {
  const [rows, columns] = [Math.ceil(outHeight / 4), Math.ceil(outWidth / 4)];
  const tiles = rows * columns;
  // an even number of tiles, so that two threads do not write to the same cache line
  const taskImages = Math.ceil(taskTiles / tiles / 2) * 2;
  const fitting = Math.floor((grouped ? longRunBytes : runBytes) / (36 * 4 * tiles * channels));
  const run = Math.min(images, Math.max(taskImages, fitting - (fitting % taskImages)));
  const runs: Run[] = [];
  for (let first = 0; first < images; first += run) runs.push({ first, count: Math.min(run, images - first) });
  return { rows, columns, run, runs, taskImages: Math.min(taskImages, run) };
}

/** The number of blocks of channels. */
export function blocksOf(channels: number): number {
  return Math.ceil(channels / blockChannels);
}

/** Bytes of a transformed tensor from one block of channels to the next. */
export function blockBytes({ rows, columns }: Tiling, images: number): number {
  return 4 * blockChannels * images * rows * columns;
}

/**
 * Bytes from one frequency to the next, at least `bytes`. Kernels write to all 36 frequencies alternately, and at
 * distances of a multiple of 4096 bytes these would all compete for the same few lines of the first-level cache.
 */
export function frequencyBytes(bytes: number): number {
  const lines = Math.ceil(bytes / 64);
  return 64 * (lines + ((5 - lines) & 63));
}

/** Bytes of scratch that a transform of images of some width needs per thread. */
export function rowScratch({ columns }: Pick<Tiling, 'columns'>, width: number): number {
  return 256 + 64 * Math.ceil(width / 16) + 12 * 4 * blockChannels * (4 * columns + 6);
}
