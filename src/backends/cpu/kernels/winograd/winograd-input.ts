// Moves images into the domain of Winograd F(4x4, 3x3). An image is divided into tiles of 4 x 4 outputs, which are
// numbered across a run of images. The layout of a transformed tensor is [36 frequencies][blocks of 8 channels][tiles]
// [8]; frequency 6 i + j is row i and column j of a transformed tile.
import { interleave, listRows } from '../interleave';
import { gradientTransforms, inputTransforms } from './winograd-transforms';

/** How tensors are divided into tiles: the arguments of the kernels of this file. A task is 8 channels of some rows. */
@unmanaged
export class Tiling {
  /** The tensor (B, C, H, W) from the first image of the run on. */
  image: usize;
  /** The transformed tensor. */
  domain: usize;
  /** The scratch memory of the first thread, and the bytes for each thread. */
  scratch: usize;
  scratchBytes: usize;
  images: i32;
  channels: i32;
  height: i32;
  width: i32;
  /** Tiles of an image: rows and columns. */
  tileRows: i32;
  tileColumns: i32;
  /** Zeros above the image, and to the left of it. */
  padY: i32;
  padX: i32;
  /** Rows of tiles of a task, counted through all images. */
  taskRows: i32;
  /** Bytes of the domain from one frequency to the next, and from one block of channels to the next. */
  frequencyBytes: usize;
  blockBytes: usize;
}

/** Writes zeros to some places. */
@inline
function clear(to: usize, places: i32): void {
  const zero = f32x4.splat(0);
  for (const end = to + <usize>places * 32; to < end; to += 32) {
    v128.store(to, zero, 16);
    v128.store(to, zero);
  }
}

/** Copies row y of the channels of a task side by side, with zeros around it: `places` places, and up to 3 more. */
function fillRow(a: Tiling, to: usize, from: usize, lanes: i32, y: i32, places: i32, pointers: usize): void {
  if (y < 0 || y >= a.height) return clear(to, places);
  const rowBytes = <usize>a.width * 4, plane = rowBytes * <usize>a.height;
  const after = a.padX + a.width;
  listRows(pointers, from + <usize>y * rowBytes, plane, lanes, pointers + 64);
  interleave(to + <usize>a.padX * 32, pointers, a.width);
  clear(to, a.padX);
  clear(to + <usize>after * 32, places - after);
}

/**
 * Transforms the columns of the rows of a row of tiles. Rows are kept in a ring of six, of which `first` is the first
 * of the tiles.
 */
function inputColumns(rows: usize, first: usize, rowBytes: usize, to: usize, places: i32): void {
  const ring = 6 * rowBytes, end = rows + ring, f0 = rows + first * rowBytes;
  let f1 = f0 + rowBytes, f2 = f1 + rowBytes, f3 = f2 + rowBytes, f4 = f3 + rowBytes, f5 = f4 + rowBytes;
  if (f1 >= end) f1 -= ring;
  if (f2 >= end) f2 -= ring;
  if (f3 >= end) f3 -= ring;
  if (f4 >= end) f4 -= ring;
  if (f5 >= end) f5 -= ring;
  inputTransforms(f0, f1, f2, f3, f4, f5, 32, to, rowBytes, places);
}

/** Bytes of scratch memory for transforms. */
export function rowScratch(a: Tiling): usize {
  return 128 + ((<usize>a.width * 4 + 63) & ~63) + 12 * <usize>(4 * a.tileColumns + 6) * 32;
}

/**
 * Transforms 8 channels of the rows of tiles from `row` up to but not including `end`, counted through all images.
 * Scratch: 64 bytes, a row of zeros (rounded up to 64 bytes, and 64 more), and 12 rows of all tiles with 6 places more.
 */
export function transformRows(
  a: Tiling, block: i32, row: i32, end: i32, to: usize, scratch: usize, ofGradient: bool,
): void {
  const lanes = min(8, a.channels - 8 * block);
  const places = 4 * a.tileColumns + (ofGradient ? 0 : 2);
  const rowBytes = <usize>(4 * a.tileColumns + 6) * 32;
  const rows = scratch + 128 + ((<usize>a.width * 4 + 63) & ~63);
  const between = rows + 6 * rowBytes;
  memory.fill(scratch + 64, 0, <usize>a.width * 4 + 16);
  const plane = <usize>(a.height * a.width) * 4;
  const tileRowBytes = <usize>a.tileColumns * 32;
  for (let isFirst = true; row < end; row++, to += tileRowBytes, isFirst = false) {
    const image = row / a.tileRows, y = 4 * (row - image * a.tileRows);
    const from = a.image + plane * <usize>(image * a.channels + 8 * block);
    if (ofGradient) {
      for (let r = 0; r < 4; r++) fillRow(a, rows + <usize>r * rowBytes, from, lanes, y + r, places, scratch);
      gradientTransforms(rows, rowBytes, 32, between, rowBytes, 32, places);
    } else {
      // two rows of the tiles above are also rows of these
      for (let r = y === 0 || isFirst ? 0 : 2; r < 6; r++) {
        fillRow(a, rows + <usize>((y + r) % 6) * rowBytes, from, lanes, y + r - a.padY, places, scratch);
      }
      inputColumns(rows, <usize>(y % 6), rowBytes, between, places);
    }
    for (let i: usize = 0; i < 6; i++) {
      const at = to + 6 * i * a.frequencyBytes, x = between + i * rowBytes;
      if (ofGradient) gradientTransforms(x, 32, 128, at, a.frequencyBytes, 32, a.tileColumns);
      else inputTransforms(x, x + 32, x + 64, x + 96, x + 128, x + 160, 128, at, a.frequencyBytes, a.tileColumns);
    }
  }
}

/** Transforms the tiles of a task. */
function transform(args: usize, task: i32, thread: i32, ofGradient: bool): void {
  const a = changetype<Tiling>(args);
  const blocks = (a.channels + 7) >> 3;
  const block = task % blocks, row = (task / blocks) * a.taskRows;
  const end = min(row + a.taskRows, a.images * a.tileRows);
  const to = a.domain + <usize>block * a.blockBytes + <usize>(row * a.tileColumns) * 32;
  transformRows(a, block, row, end, to, a.scratch + <usize>thread * a.scratchBytes, ofGradient);
}

/** Computes B' d B of the tiles of an input. */
export function winogradInput(args: usize, task: i32, thread: i32): void {
  transform(args, task, thread, false);
}

/** Computes A dy A' of the tiles of a gradient of the outputs. */
export function winogradGradient(args: usize, task: i32, thread: i32): void {
  transform(args, task, thread, true);
}
