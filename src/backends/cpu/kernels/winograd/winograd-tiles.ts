// Moves images into and out of the domain of Winograd F(4x4, 3x3). An image is divided into tiles of 4x4 outputs; tiles
// are numbered across a run of images and handled eight at a time. The layout of a transformed tensor is [36
// frequencies][blocks of 8 tiles][channels][8], so that lanes are tiles; frequencies are a given number of bytes apart.
import { storeTransposed } from '../simd';
import { gradientTransform, inputTransform, storeInputTransform } from './winograd-transforms';

/** The arguments of all kernels of this file. */
@unmanaged
class Tiling {
  /** The tensor (B, C, H, W) from the first image of the run on. */
  image: u32;
  /** The transformed tensor, or for each thread the products to transform back. */
  domain: u32;
  /** The scratch memory of the threads, and the bytes for each thread. */
  scratch: u32;
  scratchBytes: u32;
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
  /** Channels and images of one task; the images of a task fill whole blocks of tiles. */
  taskChannels: i32;
  taskImages: i32;
  /** Bytes from one frequency of the domain to the next. */
  frequencyBytes: u32;
  /**
   * 0 if lanes are tiles. Otherwise lanes are channels, and this is the channels of a panel (4 or 8): [36][channels /
   * panel][tiles][panel].
   */
  panel: i32;
}

/** Copies one plane into a larger one that holds zeros. */
function placePlane(from: usize, to: usize, height: i32, width: i32, stride: i32): void {
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (; x + 4 <= width; x += 4) v128.store(to + ((<usize>x) << 2), v128.load(from + ((<usize>x) << 2)));
    for (; x < width; x++) f32.store(to + ((<usize>x) << 2), f32.load(from + ((<usize>x) << 2)));
    from += (<usize>width) << 2;
    to += (<usize>stride) << 2;
  }
}

/** Bytes of a padded plane: the rows of all tiles and a halo of 2, with slack for loads of 8 floats. */
@inline
function planeStride(a: Tiling): i32 {
  return 4 * a.tileColumns + 4;
}

/**
 * Computes B' d B of the tiles of some images and channels. Scratch: their padded planes, 36 vectors, and 36 vectors
 * per channel.
 */
export function winogradInput(args: usize, task: i32, thread: i32): void {
  const a = changetype<Tiling>(args);
  const stride = planeStride(a);
  const planeBytes = (<usize>(stride * (4 * a.tileRows + 2))) << 2;
  const planes = <usize>a.scratch + <usize>a.scratchBytes * thread;
  const groups = (a.channels + a.taskChannels - 1) / a.taskChannels;
  const first = (task % groups) * a.taskChannels;
  const channels = min(a.taskChannels, a.channels - first);
  const firstImage = (task / groups) * a.taskImages;
  const images = min(a.taskImages, a.images - firstImage);
  const tilesOfImage = a.tileRows * a.tileColumns;
  const tiles = images * tilesOfImage;
  const between = planes + planeBytes * a.taskImages * a.taskChannels;
  const turned = between + 576;
  memory.fill(planes, 0, planeBytes * images * channels);
  const inside = (<usize>(a.padY * stride + a.padX)) << 2;
  for (let image = 0; image < images; image++) {
    for (let c = 0; c < channels; c++) {
      const plane =
        <usize>a.image + ((<usize>((firstImage + image) * a.channels + first + c) * a.height * a.width) << 2);
      placePlane(plane, planes + planeBytes * (c * images + image) + inside, a.height, a.width, stride);
    }
  }
  const rowBytes = (<usize>stride) << 2;
  const toStep = <usize>a.frequencyBytes;
  const firstBlock = (firstImage * tilesOfImage) >> 3;
  const halves = ((tiles + 7) >> 3) << 1;
  for (let half = 0; half < halves; half++) {
    // tiles beyond the last repeat it; their results are never used
    const t = 4 * half;
    const p0 = tilePointer(min(t, tiles - 1), tilesOfImage, a.tileColumns, planeBytes, rowBytes);
    const p1 = tilePointer(min(t + 1, tiles - 1), tilesOfImage, a.tileColumns, planeBytes, rowBytes);
    const p2 = tilePointer(min(t + 2, tiles - 1), tilesOfImage, a.tileColumns, planeBytes, rowBytes);
    const p3 = tilePointer(min(t + 3, tiles - 1), tilesOfImage, a.tileColumns, planeBytes, rowBytes);
    const block = firstBlock + (half >> 1);
    let to = <usize>a.domain + ((<usize>(block * a.channels + first)) << 5) + ((<usize>(half & 1)) << 4);
    for (let c = 0; c < channels; c++) {
      const plane = planes + planeBytes * images * c;
      for (let r: usize = 0; r < 6; r++) {
        const row = plane + r * rowBytes;
        rowsOfTiles(row + p0, row + p1, row + p2, row + p3, between + r * 96);
      }
      const dest = a.panel ? turned + 576 * c : to;
      const destStep: usize = a.panel ? 16 : toStep;
      for (let column: usize = 0; column < 6; column++) {
        inputTransform(between + column * 16, 96, dest + column * destStep, 6 * destStep);
      }
      to += 32;
    }
    if (a.panel) storePanels(a, turned, first, channels, 2 * firstBlock + half);
  }
}

@inline
function tilePointer(tile: i32, tilesOfImage: i32, columns: i32, planeBytes: usize, rowBytes: usize): usize {
  const image = tile / tilesOfImage;
  const inImage = tile % tilesOfImage;
  const row = inImage / columns;
  const column = inImage % columns;
  return <usize>image * planeBytes + <usize>(4 * row) * rowBytes + ((<usize>column) << 4);
}

/** Loads one row of four tiles, transposes it so that lanes are tiles, and transforms it. */
@inline
function rowsOfTiles(r0: usize, r1: usize, r2: usize, r3: usize, to: usize): void {
  const a0 = v128.load(r0);
  const a1 = v128.load(r1);
  const a2 = v128.load(r2);
  const a3 = v128.load(r3);
  const low01 = i32x4.shuffle(a0, a1, 0, 4, 1, 5);
  const high01 = i32x4.shuffle(a0, a1, 2, 6, 3, 7);
  const low23 = i32x4.shuffle(a2, a3, 0, 4, 1, 5);
  const high23 = i32x4.shuffle(a2, a3, 2, 6, 3, 7);
  const d0 = i64x2.shuffle(low01, low23, 0, 2);
  const d1 = i64x2.shuffle(low01, low23, 1, 3);
  const d2 = i64x2.shuffle(high01, high23, 0, 2);
  const d3 = i64x2.shuffle(high01, high23, 1, 3);
  const next01 = i32x4.shuffle(v128.load(r0, 16), v128.load(r1, 16), 0, 4, 1, 5);
  const next23 = i32x4.shuffle(v128.load(r2, 16), v128.load(r3, 16), 0, 4, 1, 5);
  const d4 = i64x2.shuffle(next01, next23, 0, 2);
  const d5 = i64x2.shuffle(next01, next23, 1, 3);
  storeInputTransform(d0, d1, d2, d3, d4, d5, to, 16);
}

/** Stores four tiles of some channels with channels as lanes, from 36 vectors of tiles per channel. */
function storePanels(a: Tiling, from: usize, first: i32, channels: i32, half: i32): void {
  const tiles = ((a.images * a.tileRows * a.tileColumns + 7) >> 3) << 3;
  const panelBytes = (<usize>a.panel) << 2;
  for (let channel = first; channel < first + channels; channel += 4) {
    let to = <usize>a.domain + <usize>((channel / a.panel) * tiles + 4 * half) * panelBytes;
    to += (<usize>(channel % a.panel)) << 2;
    for (let f: usize = 0; f < 576; f += 16) {
      const at = from + f;
      storeTransposed(
        to, panelBytes, v128.load(at), v128.load(at, 576), v128.load(at, 1152), v128.load(at, 1728),
      );
      to += a.frequencyBytes;
    }
    from += 2304;
  }
}

/**
 * Computes A dy A' of the tiles of a gradient of the outputs, stored in panels. Scratch: planes padded to whole tiles
 * and one plane more, 16 + 24 vectors, and 36 vectors per channel.
 */
export function winogradGradient(args: usize, task: i32, thread: i32): void {
  const a = changetype<Tiling>(args);
  const stride = planeStride(a);
  const planeBytes = (<usize>(stride * (4 * a.tileRows + 2))) << 2;
  const planes = <usize>a.scratch + <usize>a.scratchBytes * thread;
  const groups = (a.channels + a.taskChannels - 1) / a.taskChannels;
  const first = (task % groups) * a.taskChannels;
  const channels = min(a.taskChannels, a.channels - first);
  const firstImage = (task / groups) * a.taskImages;
  const images = min(a.taskImages, a.images - firstImage);
  const tilesOfImage = a.tileRows * a.tileColumns;
  const tiles = images * tilesOfImage;
  // a plane of zeros for the tiles beyond the last, which must contribute nothing
  const zeros = planeBytes * images * channels;
  const rows = planes + planeBytes * (a.taskImages * a.taskChannels + 1);
  const between = rows + 256;
  const turned = between + 384;
  memory.fill(planes, 0, zeros + planeBytes);
  for (let image = 0; image < images; image++) {
    for (let c = 0; c < channels; c++) {
      const plane =
        <usize>a.image + ((<usize>((firstImage + image) * a.channels + first + c) * a.height * a.width) << 2);
      placePlane(plane, planes + planeBytes * (c * images + image), a.height, a.width, stride);
    }
  }
  const rowBytes = (<usize>stride) << 2;
  const firstHalf = (firstImage * tilesOfImage) >> 2;
  const halves = ((tiles + 7) >> 3) << 1;
  for (let half = 0; half < halves; half++) {
    for (let c = 0; c < channels; c++) {
      const plane = planeBytes * images * c;
      for (let lane = 0; lane < 4; lane++) {
        const tile = 4 * half + lane;
        const inPlane = tilePointer(tile, tilesOfImage, a.tileColumns, planeBytes, rowBytes);
        let from = planes + (tile < tiles ? plane + inPlane : zeros);
        for (let row = 0; row < 4; row++) {
          v128.store(rows + ((<usize>(4 * row + lane)) << 4), v128.load(from));
          from += rowBytes;
        }
      }
      for (let row: usize = 0; row < 4; row++) {
        transpose(rows + row * 64);
        gradientTransform(rows + row * 64, 16, between + row * 96, 16);
      }
      const to = turned + 576 * c;
      for (let column: usize = 0; column < 6; column++) {
        gradientTransform(between + column * 16, 96, to + column * 16, 96);
      }
    }
    storePanels(a, turned, first, channels, firstHalf + half);
  }
}

/** Transposes a 4x4 matrix of floats in memory. */
@inline
function transpose(at: usize): void {
  storeTransposed(at, 16, v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48));
}
