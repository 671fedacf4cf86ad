// Gradient of 3x3 kernels by Winograd F(4x4, 3x3): the adjoint of the forward transforms, with 36 matrix products that
// sum over tiles.
import { tilePacked } from '../matmul/matmul-tile';
import { weightGradientTransform } from './winograd-transforms';

/** Arguments of `winogradWeightProducts` and `winogradWeightGrad`. */
@unmanaged
class WeightGradArgs {
  /** The transformed gradient of the outputs in panels of 4 channels, and the transformed input in panels of 8. */
  gradient: u32;
  input: u32;
  /** Sums [36][rows][columnStride]. */
  sums: u32;
  /** Gradient of the weights (rows, columns, 3, 3). */
  weights: u32;
  scratch: u32;
  scratchBytes: u32;
  /** Tiles, rounded up to blocks of 8. */
  tiles: i32;
  rows: i32;
  columns: i32;
  /** Columns rounded up to 8. */
  columnStride: i32;
  /** 1 to add to the sums of earlier runs of images. */
  add: i32;
  /** Rows per task, a multiple of 4. */
  taskRows: i32;
  /** Bytes from one frequency to the next, for gradient, input and sums. */
  gradientFrequencyBytes: u32;
  inputFrequencyBytes: u32;
  sumFrequencyBytes: u32;
}

/** Computes sums over tiles of gradient times input; a task is one frequency and a group of output channels. */
export function winogradWeightProducts(args: usize, task: i32, thread: i32): void {
  const a = changetype<WeightGradArgs>(args);
  const groups = (a.rows + a.taskRows - 1) / a.taskRows;
  const f = task / groups;
  const firstRow = (task % groups) * a.taskRows;
  const endRow = min(a.rows, firstRow + a.taskRows);
  const gradientPanel = (<usize>a.tiles) << 4;
  const inputPanel = (<usize>a.tiles) << 5;
  const rowBytes = (<usize>a.columnStride) << 2;
  let gradient = <usize>a.gradient + <usize>f * a.gradientFrequencyBytes + <usize>(firstRow >> 2) * gradientPanel;
  let sums = <usize>a.sums + <usize>f * a.sumFrequencyBytes + <usize>firstRow * rowBytes;
  for (let row = firstRow; row < endRow; row += 4) {
    let input = <usize>a.input + <usize>f * a.inputFrequencyBytes;
    let to = sums;
    for (let column = 0; column < a.columns; column += 8) {
      tilePacked(gradient, input, a.tiles, to, rowBytes, a.rows - row, 8, a.add != 0);
      input += inputPanel;
      to += 32;
    }
    gradient += gradientPanel;
    sums += 4 * rowBytes;
  }
}

/** Computes the gradient of the weights, G' m G of the sums; a task is one output channel. Scratch: 18 + 9 vectors. */
export function winogradWeightGrad(args: usize, task: i32, thread: i32): void {
  const a = changetype<WeightGradArgs>(args);
  const between = <usize>a.scratch + <usize>a.scratchBytes * thread;
  const kernel = between + 288;
  const fromStep = <usize>a.sumFrequencyBytes;
  let from = <usize>a.sums + ((<usize>(task * a.columnStride)) << 2);
  let to = <usize>a.weights + ((<usize>(task * a.columns * 9)) << 2);
  for (let column = 0; column < a.columns; column += 4) {
    for (let c: usize = 0; c < 6; c++) {
      weightGradientTransform(from + c * fromStep, 6 * fromStep, between + c * 16, 96);
    }
    for (let r: usize = 0; r < 3; r++) weightGradientTransform(between + r * 96, 16, kernel + r * 48, 16);
    const lanes = min(4, a.columns - column);
    for (let lane = 0; lane < lanes; lane++) {
      for (let k: usize = 0; k < 9; k++) {
        f32.store(to, f32.load(kernel + (k << 4) + ((<usize>lane) << 2)));
        to += 4;
      }
    }
    from += 16;
  }
}
