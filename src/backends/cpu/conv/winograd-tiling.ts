/** Most bytes of the transformed tensors of a run of images, so that they stay in the caches. */
const runBytes = 3 << 19;

/**
 * Channels whose planes one task transforms, and the bytes of those planes if they belong to several images. Eight
 * channels fill whole cache lines of the transformed tensor, so that two threads do not write to the same line.
 */
export const taskChannels = 8;
const taskPlaneBytes = 1 << 15;

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
  /** Images that one task of a transform handles; their tiles fill whole blocks of 8. */
  readonly taskImages: number;
}

/** Outputs of a convolution. */
interface Outputs {
  readonly images: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** The tiling of outputs, for transformed tensors with a total of `channels` channels. */
export function tile({ images, outHeight, outWidth }: Outputs, channels: number): Tiling {
  const [rows, columns] = [Math.ceil(outHeight / 4), Math.ceil(outWidth / 4)];
  const tiles = rows * columns;
  const wholeBlocks = tiles % 8 === 0 ? 1 : tiles % 4 === 0 ? 2 : tiles % 2 === 0 ? 4 : 8;
  const planes = planeBytes(rows, columns) * taskChannels * wholeBlocks;
  const taskImages = wholeBlocks * Math.max(1, Math.floor(taskPlaneBytes / planes));
  const fitting = Math.floor(runBytes / (36 * 4 * tiles * channels));
  const run = Math.min(images, Math.max(wholeBlocks, fitting - (fitting % wholeBlocks)));
  const runs: Run[] = [];
  for (let first = 0; first < images; first += run) runs.push({ first, count: Math.min(run, images - first) });
  return { rows, columns, run, runs, taskImages: Math.min(taskImages, run) };
}

/** The number of blocks of 8 tiles in `images` images. */
export function blocksOf({ rows, columns }: Tiling, images: number): number {
  return Math.ceil((images * rows * columns) / 8);
}

/**
 * Bytes from one frequency to the next, at least `bytes`. Kernels write to all 36 frequencies alternately, and at
 * distances of a multiple of 4096 bytes these would all compete for the same few lines of the first-level cache.
 */
export function frequencyBytes(bytes: number): number {
  const lines = Math.ceil(bytes / 64);
  return 64 * (lines + ((5 - lines) & 63));
}

/** Bytes of scratch that a transform needs per thread: padded planes, one of zeros, and intermediate vectors. */
export function planeScratch({ rows, columns, taskImages }: Tiling): number {
  const bytes = planeBytes(rows, columns) * (taskImages * taskChannels + 1) + 16 * (40 + 36 * taskChannels);
  return Math.ceil(bytes / 64) * 64;
}

function planeBytes(rows: number, columns: number): number {
  return 4 * (4 * columns + 4) * (4 * rows + 2);
}
