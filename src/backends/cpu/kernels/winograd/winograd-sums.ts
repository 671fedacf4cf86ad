// The gradient of the weights by Winograd, in the transformed domain: sums over tiles of gradient times input.
import { tilePacked } from '../matmul/matmul-tile';
import { tileWide } from '../matmul/matmul-tile-wide';
import { wide } from '../variant';
import { rowScratch, Tiling, transformRows } from './winograd-input';

/** Arguments of `winogradWeightProducts`. */
@unmanaged
class WeightProductArgs {
  /** The transformed gradient of the outputs, and the transformed input. */
  gradient: usize;
  input: usize;
  /** Sums [36][rows][columnBytes]. */
  sums: usize;
  tiles: i32;
  rows: i32;
  columns: i32;
  columnBytes: usize;
  /** 1 to add to the sums of earlier runs of images. */
  add: i32;
  /** Rows per task, a multiple of 8. */
  taskRows: i32;
  /** Bytes from one frequency to the next, and from one block of channels to the next. */
  gradientFrequencyBytes: usize;
  inputFrequencyBytes: usize;
  sumFrequencyBytes: usize;
  blockBytes: usize;
}

/**
 * Computes, or adds to, sums over tiles of gradient times input for rows `row` up to but not including `end` and all
 * columns; `gradientBlock` and `inputBlock` are bytes from one block of channels to the next.
 */
function multiplyGradients(
  gradient: usize, gradientBlock: usize, input: usize, inputBlock: usize, tiles: i32,
  row: i32, end: i32, columns: i32, sums: usize, columnBytes: usize, add: bool,
): void {
  for (; row < end; row += 4) {
    const from = gradient + <usize>(row >> 3) * gradientBlock + <usize>(row & 4) * 4;
    let to = sums + <usize>row * columnBytes, panel = input, column = 0;
    if (wide && row + 4 <= end) {
      for (; column + 8 < columns; column += 16, to += 64, panel += 2 * inputBlock) {
        tileWide(from, 32, panel, inputBlock, tiles, to, columnBytes, 32, add);
      }
    }
    for (; column < columns; column += 8, to += 32, panel += inputBlock) {
      tilePacked(from, 32, panel, tiles, to, columnBytes, end - row, 8, add);
    }
  }
}

/** Computes sums over tiles of gradient times input; a task is one frequency and a group of output channels. */
export function winogradWeightProducts(args: usize, task: i32, thread: i32): void {
  const a = changetype<WeightProductArgs>(args);
  const groups = (a.rows + a.taskRows - 1) / a.taskRows;
  const f = <usize>(task / groups);
  const firstRow = (task % groups) * a.taskRows, endRow = min(a.rows, firstRow + a.taskRows);
  multiplyGradients(
    a.gradient + f * a.gradientFrequencyBytes, a.blockBytes, a.input + f * a.inputFrequencyBytes, a.blockBytes, a.tiles,
    firstRow, endRow, a.columns, a.sums + f * a.sumFrequencyBytes, a.columnBytes, a.add !== 0,
  );
}

/** Arguments of `winogradWeightSums`, after the tilings of the input and of the gradient of the outputs. */
@unmanaged
class WeightSumArgs {
  /** Sums [slices][36][rows][columnBytes]. */
  sums: usize;
  columnBytes: usize;
  sumFrequencyBytes: usize;
  sliceBytes: usize;
  /** Rows of tiles of a slice. */
  sliceRows: i32;
}

/**
 * Computes sums over the tiles of a slice, which is a task; some rows of tiles at a time, whose transformed input and
 * gradient stay in scratch memory, after that of the transforms.
 */
export function winogradWeightSums(args: usize, task: i32, thread: i32): void {
  const x = changetype<Tiling>(args), y = changetype<Tiling>(args + offsetof<Tiling>());
  const a = changetype<WeightSumArgs>(args + 2 * offsetof<Tiling>());
  const scratch = x.scratch + x.scratchBytes * <usize>thread;
  const input = scratch + ((max(rowScratch(x), rowScratch(y)) + 63) & ~63), gradient = input + 36 * x.frequencyBytes;
  const first = task * a.sliceRows, last = min(first + a.sliceRows, x.images * x.tileRows);
  for (let row = first; row < last; row += x.taskRows) {
    const end = min(last, row + x.taskRows);
    for (let block = 0; 8 * block < x.channels; block++) {
      transformRows(x, block, row, end, input + <usize>block * x.blockBytes, scratch, false);
    }
    for (let block = 0; 8 * block < y.channels; block++) {
      transformRows(y, block, row, end, gradient + <usize>block * y.blockBytes, scratch, true);
    }
    let sums = a.sums + <usize>task * a.sliceBytes;
    for (let f: usize = 0; f < 36; f++, sums += a.sumFrequencyBytes) {
      multiplyGradients(
        gradient + f * y.frequencyBytes, y.blockBytes, input + f * x.frequencyBytes, x.blockBytes,
        (end - row) * x.tileColumns, 0, y.channels, x.channels, sums, a.columnBytes, row > first,
      );
    }
  }
}
