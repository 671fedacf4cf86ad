// Convolution with 3x3 kernels by Winograd F(4x4, 3x3): 36 matrix products (one per frequency) in the transformed
// domain, with a quarter of the multiplications of the direct method. winograd-input.ts describes the layout of tensors
// in the domain.
import { storePlaces, storeTile } from '../interleave';
import { wide } from '../variant';
import { rowScratch, Tiling, transformRows } from './winograd-input';
import { tiles4, tiles6 } from './winograd-tile';
import { outputTransforms } from './winograd-transforms';

/** Arguments of `winogradProducts`. */
@unmanaged
class ProductArgs {
  /** Transformed weights and input. */
  weights: usize;
  input: usize;
  /** The output (B, rows, H, W) from the first image of the run on, and its bias, 0 if there is none. */
  output: usize;
  bias: usize;
  scratch: usize;
  scratchBytes: usize;
  images: i32;
  /** Output and input channels. */
  rows: i32;
  columns: i32;
  height: i32;
  width: i32;
  tileRows: i32;
  tileColumns: i32;
  /** Tiles (a multiple of 12), and blocks of 8 output channels, per task. */
  taskTiles: i32;
  taskBlocks: i32;
  /** Bytes from one frequency to the next: weights, input and products. */
  weightFrequencyBytes: usize;
  inputFrequencyBytes: usize;
  productFrequencyBytes: usize;
  /** Bytes of the input from one block of channels to the next, and of the output from one image to the next. */
  inputBlockBytes: usize;
  outputImageBytes: usize;
}

/**
 * Computes the products of some output channels and some tiles, whose transformed input is at `input`, at all
 * frequencies, and transforms them back into the output. Scratch: products [36][blocks][tiles][8], then 24 + 16 groups
 * of 8 lanes.
 */
function multiply(
  a: ProductArgs, input: usize, firstTile: i32, tiles: i32, firstBlock: i32, blocks: i32, products: usize,
): void {
  const weightBlock = <usize>a.columns * 32, productBlock = <usize>a.taskTiles * 32;
  let weights = a.weights + <usize>firstBlock * weightBlock, to = products;
  const between = products + 36 * a.productFrequencyBytes;
  for (; to < between; to += a.productFrequencyBytes) {
    let block = 0;
    // tiles beyond the last are computed from any values, and not used
    for (; wide && block + 2 <= blocks; block += 2) {
      const w = weights + <usize>block * weightBlock, p = to + <usize>block * productBlock;
      for (let tile: usize = 0; tile < <usize>tiles * 32; tile += 192) {
        tiles6(input + tile, a.inputBlockBytes, w, weightBlock, a.columns, p + tile, productBlock);
      }
    }
    for (; block < blocks; block++) {
      const w = weights + <usize>block * weightBlock, p = to + <usize>block * productBlock;
      for (let tile: usize = 0; tile < <usize>tiles * 32; tile += 128) {
        tiles4(input + tile, a.inputBlockBytes, w, a.columns, p + tile);
      }
    }
    weights += a.weightFrequencyBytes, input += a.inputFrequencyBytes;
  }
  for (let block = 0; block < blocks; block++) {
    storeBlock(a, products + <usize>block * productBlock, between, firstTile, tiles, firstBlock + block);
  }
}

/** Computes the outputs of a group of channels and a group of tiles from a transformed input. */
export function winogradProducts(args: usize, task: i32, thread: i32): void {
  const a = changetype<ProductArgs>(args);
  const allTiles = a.images * a.tileRows * a.tileColumns, allBlocks = (a.rows + 7) >> 3;
  const groups = (allBlocks + a.taskBlocks - 1) / a.taskBlocks;
  const firstTile = (task / groups) * a.taskTiles, firstBlock = (task % groups) * a.taskBlocks;
  const tiles = min(a.taskTiles, allTiles - firstTile), blocks = min(a.taskBlocks, allBlocks - firstBlock);
  const input = a.input + <usize>firstTile * 32;
  multiply(a, input, firstTile, tiles, firstBlock, blocks, a.scratch + a.scratchBytes * <usize>thread);
}

/**
 * Computes the outputs of all channels for some rows of tiles, whose transformed input stays in scratch memory: that of
 * the transforms, then the transformed input, then that of the products.
 */
export function winogradConvolve(args: usize, task: i32, thread: i32): void {
  const t = changetype<Tiling>(args), a = changetype<ProductArgs>(args + offsetof<Tiling>());
  const scratch = a.scratch + a.scratchBytes * <usize>thread;
  const input = scratch + ((rowScratch(t) + 63) & ~63), products = input + 36 * a.inputFrequencyBytes;
  const row = task * t.taskRows, end = min(row + t.taskRows, t.images * t.tileRows);
  for (let block = 0; block < (t.channels + 7) >> 3; block++) {
    transformRows(t, block, row, end, input + <usize>block * a.inputBlockBytes, scratch, false);
  }
  const firstTile = row * t.tileColumns, tiles = end * t.tileColumns - firstTile, blocks = (a.rows + 7) >> 3;
  for (let block = 0; block < blocks; block += a.taskBlocks) {
    multiply(a, input, firstTile, tiles, block, min(a.taskBlocks, blocks - block), products);
  }
}

/** Transforms the products of one block of output channels back, and stores them with the bias. */
function storeBlock(a: ProductArgs, products: usize, between: usize, firstTile: i32, tiles: i32, block: i32): void {
  const pixels = between + 24 * 32;
  const lanes = min(8, a.rows - 8 * block);
  const rowBytes = <usize>a.width * 4, plane = rowBytes * <usize>a.height;
  const output = a.output + <usize>(8 * block) * plane;
  const bias = a.bias ? a.bias + <usize>block * 32 : 0;
  const tilesOfImage = a.tileRows * a.tileColumns;
  let image = firstTile / tilesOfImage, tileRow = (firstTile % tilesOfImage) / a.tileColumns;
  let tileColumn = firstTile % a.tileColumns;
  for (const end = products + <usize>tiles * 32; products < end; products += 32) {
    transformTile(products, a.productFrequencyBytes, between, pixels, bias);
    const at = output + <usize>image * a.outputImageBytes + <usize>(4 * tileRow) * rowBytes + <usize>tileColumn * 16;
    storePixels(at, plane, rowBytes, pixels, lanes, a.height - 4 * tileRow, a.width - 4 * tileColumn);
    if (++tileColumn === a.tileColumns) {
      tileColumn = 0;
      if (++tileRow === a.tileRows) tileRow = 0, image++;
    }
  }
}

/** Computes A' m A of a tile with 8 channels, plus the bias: pixels[4][4][8]. */
function transformTile(from: usize, frequencyBytes: usize, between: usize, pixels: usize, bias: usize): void {
  outputTransforms(from, 6 * frequencyBytes, frequencyBytes, between, 192, 32, 6);
  outputTransforms(between, 32, 192, pixels, 32, 128, 4);
  if (!bias) return;
  const low = v128.load(bias), high = v128.load(bias, 16);
  for (const end = pixels + 512; pixels < end; pixels += 32) {
    const x = v128.load(pixels), y = v128.load(pixels, 16);
    v128.store(pixels, f32x4.add(y, high), 16);
    v128.store(pixels, f32x4.add(x, low));
  }
}

/** Stores the 4 x 4 pixels of a tile that exist, in `lanes` channels. */
function storePixels(
  to: usize, plane: usize, rowBytes: usize, pixels: usize, lanes: i32, height: i32, width: i32,
): void {
  for (let row = 0; row < min(4, height); row++, to += rowBytes, pixels += 128) {
    if (width >= 4) storeTile(to, plane, pixels, lanes);
    else storePlaces(to, plane, pixels, lanes, width);
  }
}
