// Gradient of 3x3 kernels by Winograd F(4x4, 3x3): the adjoint of the forward transforms, with 36 products of matrices that
// sum over tiles. Tensors of the domain are laid out as winograd-tiles.ts says.
import { madd } from './simd';
import { weightGradientTransform } from './winograd-transforms';

/** Arguments of `winogradWeightProducts` and `winogradWeightGrad`. */
@unmanaged
class WeightGradArgs {
  /** Transformed gradient of the outputs and transformed input. */
  gradient: u32;
  input: u32;
  /** Sums [36][rows][columnStride]. */
  sums: u32;
  /** Gradient of the weights (rows, columns, 3, 3). */
  weights: u32;
  scratch: u32;
  scratchBytes: u32;
  /** Blocks of 8 tiles. */
  blocks: i32;
  rows: i32;
  columns: i32;
  /** Columns rounded up to 4. */
  columnStride: i32;
  /** 1 to add to the sums of earlier runs of images. */
  add: i32;
  /** Rows of a task, a multiple of 4. */
  taskRows: i32;
  /** Bytes from one frequency to the next of gradient, input and sums. */
  gradientFrequencyBytes: u32;
  inputFrequencyBytes: u32;
  sumFrequencyBytes: u32;
}

/** Sums over tiles of gradient times input; a task is one frequency and a group of output channels. */
export function winogradWeightProducts(args: usize, task: i32, thread: i32): void {
  const a = changetype<WeightGradArgs>(args);
  const groups = (a.rows + a.taskRows - 1) / a.taskRows;
  const f = task / groups;
  const firstRow = (task % groups) * a.taskRows;
  const endRow = min(a.rows, firstRow + a.taskRows);
  const gradient = <usize>a.gradient + <usize>f * a.gradientFrequencyBytes;
  const input = <usize>a.input + <usize>f * a.inputFrequencyBytes;
  const sums = <usize>a.sums + <usize>f * a.sumFrequencyBytes;
  for (let row = firstRow; row < endRow; row += 4) {
    for (let column = 0; column < a.columns; column += 3) {
      multiplyTiles(a, gradient, input, sums, row, column);
    }
  }
}

/** Four rows by three columns; rows and columns beyond the last one repeat it and are not stored. */
@inline
function multiplyTiles(a: WeightGradArgs, gradient: usize, input: usize, sums: usize, row: i32, column: i32): void {
  const rows = min(4, a.rows - row);
  const columns = min(3, a.columns - column);
  const row1: usize = rows > 1 ? 32 : 0;
  const row2: usize = rows > 2 ? 64 : 0;
  const row3: usize = rows > 3 ? 96 : 0;
  const column1: usize = columns > 1 ? 32 : 0;
  const column2: usize = columns > 2 ? 64 : 0;
  let from = gradient + ((<usize>row) << 5);
  let tiles = input + ((<usize>column) << 5);
  const fromStep = (<usize>a.rows) << 5;
  const tilesStep = (<usize>a.columns) << 5;
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s02 = s00;
  let s10 = s00;
  let s11 = s00;
  let s12 = s00;
  let s20 = s00;
  let s21 = s00;
  let s22 = s00;
  let s30 = s00;
  let s31 = s00;
  let s32 = s00;
  for (let block = 0; block < a.blocks; block++) {
    for (let half: usize = 0; half < 32; half += 16) {
      const t0 = v128.load(tiles + half);
      const t1 = v128.load(tiles + half + column1);
      const t2 = v128.load(tiles + half + column2);
      const g0 = v128.load(from + half);
      s00 = madd(g0, t0, s00);
      s01 = madd(g0, t1, s01);
      s02 = madd(g0, t2, s02);
      const g1 = v128.load(from + half + row1);
      s10 = madd(g1, t0, s10);
      s11 = madd(g1, t1, s11);
      s12 = madd(g1, t2, s12);
      const g2 = v128.load(from + half + row2);
      s20 = madd(g2, t0, s20);
      s21 = madd(g2, t1, s21);
      s22 = madd(g2, t2, s22);
      const g3 = v128.load(from + half + row3);
      s30 = madd(g3, t0, s30);
      s31 = madd(g3, t1, s31);
      s32 = madd(g3, t2, s32);
    }
    from += fromStep;
    tiles += tilesStep;
  }
  const stride = (<usize>a.columnStride) << 2;
  const to = sums + <usize>row * stride + ((<usize>column) << 2);
  storeSums(to, s00, s01, s02, columns, a.add);
  if (rows > 1) storeSums(to + stride, s10, s11, s12, columns, a.add);
  if (rows > 2) storeSums(to + 2 * stride, s20, s21, s22, columns, a.add);
  if (rows > 3) storeSums(to + 3 * stride, s30, s31, s32, columns, a.add);
}

/** Adds up the lanes of three vectors and stores the sums. */
@inline
function storeSums(to: usize, a: v128, b: v128, c: v128, columns: i32, add: i32): void {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
  const cc = f32x4.add(c, i32x4.shuffle(c, c, 2, 3, 0, 1));
  let sums = f32x4.add(i32x4.shuffle(ab, cc, 0, 2, 4, 4), i32x4.shuffle(ab, cc, 1, 3, 5, 5));
  if (add) sums = f32x4.add(sums, v128.load(to));
  v128.store32_lane(to, sums, 0);
  if (columns > 1) v128.store32_lane(to, sums, 1, 4);
  if (columns > 2) v128.store32_lane(to, sums, 2, 8);
}

/** G' m G of the sums into the gradient of the weights; a task is one output channel. Scratch: 18 + 9 vectors. */
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
