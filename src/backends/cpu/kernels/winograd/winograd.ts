// Convolution with 3x3 kernels by Winograd F(4x4, 3x3): 36 matrix products (one per frequency) in the transformed
// domain, with a quarter of the multiplications of the direct method. winograd-tiles.ts describes the layout of tensors
// in the domain.
import { tilePacked } from '../matmul/matmul-tile';
import { storeLanes } from '../simd';
import { outputTransform, weightTransform } from './winograd-transforms';

/** Arguments of `winogradWeights`. */
@unmanaged
class WeightArgs {
  /** Weights (O, I, 3, 3). */
  weights: u32;
  /** Result [36 frequencies][rows / 4][columns][4]. */
  domain: u32;
  scratch: u32;
  scratchBytes: u32;
  /** Output and input channels of the convolution to compute. */
  rows: i32;
  columns: i32;
  /** Floats from the 3x3 weights of one row (column) to those of the next. */
  rowStride: i32;
  columnStride: i32;
  /** 1 to rotate each 3x3 kernel by 180 degrees, as the gradient of the input requires. */
  turned: i32;
  /** Bytes from one frequency of the domain to the next. */
  frequencyBytes: u32;
}

/**
 * Computes G g G' of all kernels; a task is a panel of 4 rows. Rows beyond the last are zero. Scratch: 9 + 18 vectors.
 */
export function winogradWeights(args: usize, task: i32, thread: i32): void {
  const a = changetype<WeightArgs>(args);
  const kernel = <usize>a.scratch + <usize>a.scratchBytes * thread;
  const between = kernel + 144;
  const toStep = <usize>a.frequencyBytes;
  let to = <usize>a.domain + ((<usize>task * a.columns) << 4);
  const lanes = min(4, a.rows - 4 * task);
  if (lanes < 4) memory.fill(kernel, 0, 144);
  for (let column = 0; column < a.columns; column++) {
    for (let lane = 0; lane < lanes; lane++) {
      const from = <usize>a.weights + ((<usize>((4 * task + lane) * a.rowStride + column * a.columnStride)) << 2);
      for (let k: usize = 0; k < 9; k++) {
        const place = a.turned ? 8 - k : k;
        f32.store(kernel + (place << 4) + ((<usize>lane) << 2), f32.load(from + (k << 2)));
      }
    }
    for (let r: usize = 0; r < 3; r++) weightTransform(kernel + r * 48, 16, between + r * 96, 16);
    for (let c: usize = 0; c < 6; c++) weightTransform(between + c * 16, 96, to + c * toStep, 6 * toStep);
    to += 16;
  }
}

/** Arguments of `winogradProducts`. */
@unmanaged
class ProductArgs {
  /** Transformed weights and input. */
  weights: u32;
  input: u32;
  /** The output (B, rows, H, W) from the first image of the run on, and its bias, 0 if there is none. */
  output: u32;
  bias: u32;
  scratch: u32;
  scratchBytes: u32;
  images: i32;
  /** Output and input channels. */
  rows: i32;
  columns: i32;
  height: i32;
  width: i32;
  tileRows: i32;
  tileColumns: i32;
  /** Blocks of 8 tiles, and panels of 4 output channels, per task. */
  taskBlocks: i32;
  taskPanels: i32;
  /** Bytes from one frequency to the next, for weights and input. */
  weightFrequencyBytes: u32;
  inputFrequencyBytes: u32;
}

/**
 * Computes the products of a group of output channels and a group of tiles at all frequencies, and transforms them back
 * into the output. Scratch: 36 x 8 x taskBlocks x 4 x taskPanels floats, then 40 vectors.
 */
export function winogradProducts(args: usize, task: i32, thread: i32): void {
  const a = changetype<ProductArgs>(args);
  const tiles = a.images * a.tileRows * a.tileColumns;
  const blocks = (tiles + 7) >> 3;
  const panels = (a.rows + 3) >> 2;
  const panelGroups = (panels + a.taskPanels - 1) / a.taskPanels;
  const firstBlock = (task / panelGroups) * a.taskBlocks;
  const firstPanel = (task % panelGroups) * a.taskPanels;
  const ownBlocks = min(a.taskBlocks, blocks - firstBlock);
  const ownPanels = min(a.taskPanels, panels - firstPanel);
  const products = <usize>a.scratch + <usize>a.scratchBytes * thread;
  // the layout of products is [rows][blocks][36][8]
  const rowBytes = <usize>a.taskBlocks * 1152;
  for (let f = 0; f < 36; f++) {
    const input = <usize>a.input + <usize>f * a.inputFrequencyBytes + ((<usize>firstBlock * a.columns) << 5);
    let weights = <usize>a.weights + <usize>f * a.weightFrequencyBytes + ((<usize>firstPanel * a.columns) << 4);
    let to = products + ((<usize>f) << 5);
    for (let panel = 0; panel < ownPanels; panel++) {
      let from = input;
      for (let block = 0; block < ownBlocks; block++) {
        tilePacked(weights, from, a.columns, to + <usize>block * 1152, rowBytes, 4, 8, false);
        from += (<usize>a.columns) << 5;
      }
      weights += (<usize>a.columns) << 4;
      to += 4 * rowBytes;
    }
  }
  const between = products + rowBytes * 4 * a.taskPanels;
  const rows = min(4 * ownPanels, a.rows - 4 * firstPanel);
  for (let half = 0; half < 2 * ownBlocks; half++) {
    const from = products + ((<usize>(half >> 1)) * 1152) + ((<usize>(half & 1)) << 4);
    storeTiles(a, from, rowBytes, between, 8 * firstBlock + 4 * half, tiles, 4 * firstPanel, rows);
  }
}

/**
 * Computes A' m A of four tiles for some output channels: from 36 products at `from` (32 bytes apart, channels
 * `rowBytes` apart) 4x4 outputs each, plus the bias. Scratch: 24 + 16 vectors.
 */
function storeTiles(
  a: ProductArgs,
  from: usize,
  rowBytes: usize,
  scratch: usize,
  firstTile: i32,
  tiles: i32,
  firstChannel: i32,
  channels: i32,
): void {
  const plane = (<usize>(a.height * a.width)) << 2;
  const stride = (<usize>a.width) << 2;
  const output = <usize>a.output + plane * firstChannel;
  // tiles inside the plane are stored at once; the lanes of others are stored one by one where they exist
  const whole = (a.height & 3) == 0 && (a.width & 3) == 0 && firstTile + 4 <= tiles;
  let to0 = output + tileOffset(a, firstTile, plane);
  let to1 = output + tileOffset(a, firstTile + 1, plane);
  let to2 = output + tileOffset(a, firstTile + 2, plane);
  let to3 = output + tileOffset(a, firstTile + 3, plane);
  for (let channel = 0; channel < channels; channel++) {
    for (let column: usize = 0; column < 6; column++) outputTransform(from + column * 32, 192, scratch + column * 16, 96);
    const bias = a.bias ? v128.load32_splat(<usize>a.bias + ((<usize>(firstChannel + channel)) << 2)) : f32x4.splat(0);
    for (let row: usize = 0; row < 4; row++) {
      const at = scratch + 384 + row * 64;
      outputTransform(scratch + row * 96, 16, at, 16);
      const y0 = f32x4.add(v128.load(at), bias);
      const y1 = f32x4.add(v128.load(at, 16), bias);
      const y2 = f32x4.add(v128.load(at, 32), bias);
      const y3 = f32x4.add(v128.load(at, 48), bias);
      const low01 = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5);
      const high23 = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7);
      const t0 = v128.shuffle<f64>(low01, low23, 0, 2);
      const t1 = v128.shuffle<f64>(low01, low23, 1, 3);
      const t2 = v128.shuffle<f64>(high01, high23, 0, 2);
      const t3 = v128.shuffle<f64>(high01, high23, 1, 3);
      const down = row * stride;
      if (whole) {
        v128.store(to0 + down, t0);
        v128.store(to1 + down, t1);
        v128.store(to2 + down, t2);
        v128.store(to3 + down, t3);
      } else {
        storeRow(a, to0 + down, t0, firstTile, tiles, <i32>row);
        storeRow(a, to1 + down, t1, firstTile + 1, tiles, <i32>row);
        storeRow(a, to2 + down, t2, firstTile + 2, tiles, <i32>row);
        storeRow(a, to3 + down, t3, firstTile + 3, tiles, <i32>row);
      }
    }
    from += rowBytes;
    to0 += plane;
    to1 += plane;
    to2 += plane;
    to3 += plane;
  }
}

/** Bytes from the plane of the first image to the first output of a tile in the plane of its image. */
function tileOffset(a: ProductArgs, tile: i32, plane: usize): usize {
  const tilesOfImage = a.tileRows * a.tileColumns;
  const inImage = tile % tilesOfImage;
  const y = 4 * (inImage / a.tileColumns);
  const x = 4 * (inImage % a.tileColumns);
  return <usize>(tile / tilesOfImage) * plane * a.rows + ((<usize>(y * a.width + x)) << 2);
}

/** Stores the elements of one row of a tile that exist. */
function storeRow(a: ProductArgs, to: usize, values: v128, tile: i32, tiles: i32, row: i32): void {
  const inImage = tile % (a.tileRows * a.tileColumns);
  const y = 4 * (inImage / a.tileColumns) + row;
  if (tile < tiles && y < a.height) storeLanes(to, values, a.width - 4 * (inImage % a.tileColumns));
}
