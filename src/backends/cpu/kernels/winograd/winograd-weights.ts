// Moves kernels into the domain of Winograd F(4x4, 3x3), and their gradients out of it.
import { interleave, listRows, storePlace, storeTile } from '../interleave';
import { weightGradientTransforms, weightTransforms } from './winograd-transforms';

/** Arguments of `winogradWeights`. */
@unmanaged
class WeightArgs {
  /** Weights (O, I, 3, 3). */
  weights: usize;
  /** Result [36 frequencies][blocks of 8 rows][columns][8]. */
  domain: usize;
  scratch: usize;
  scratchBytes: usize;
  /** Output and input channels of the convolution to compute. */
  rows: i32;
  columns: i32;
  /** Bytes from the 3x3 weights of one row (column) to those of the next. */
  rowBytes: usize;
  columnBytes: usize;
  /** 1 to rotate each 3x3 kernel by 180 degrees, as the gradient of the input requires. */
  turned: i32;
  /** Bytes from one frequency of the domain to the next. */
  frequencyBytes: usize;
}

/** Computes G g G' of the kernels of 8 rows in one column, at `kernel` [9][8], which `turned` reads in reverse. */
function transformKernel(kernel: usize, turned: bool, between: usize, to: usize, frequencyBytes: usize): void {
  const step: usize = turned ? -32 : 32;
  if (turned) kernel += 8 * 32;
  weightTransforms(kernel, step, 3 * step, between, 32, 192, 3);
  weightTransforms(between, 192, 32, to, 6 * frequencyBytes, frequencyBytes, 6);
}

/**
 * Computes G g G' of all kernels; a task is a block of 8 rows. Rows beyond the last are zero. Scratch: 128 bytes, and
 * 12 + 18 groups of 8 lanes.
 */
export function winogradWeights(args: usize, task: i32, thread: i32): void {
  const a = changetype<WeightArgs>(args);
  const pointers = a.scratch + <usize>a.scratchBytes * <usize>thread, zeros = pointers + 64;
  const kernel = pointers + 128, between = kernel + 12 * 32;
  let from = a.weights + <usize>(8 * task) * a.rowBytes;
  let to = a.domain + <usize>(task * a.columns) * 32;
  const lanes = min(8, a.rows - 8 * task);
  memory.fill(zeros, 0, 48);
  for (let column = 0; column < a.columns; column++, from += a.columnBytes, to += 32) {
    listRows(pointers, from, a.rowBytes, lanes, zeros);
    interleave(kernel, pointers, 9);
    transformKernel(kernel, a.turned != 0, between, to, a.frequencyBytes);
  }
}

/** Arguments of `winogradWeightGrad`. */
@unmanaged
class WeightGradArgs {
  /** Sums [slices][36][rows][columnBytes]. */
  sums: usize;
  /** Gradient of the weights (rows, columns, 3, 3). */
  weights: usize;
  scratch: usize;
  scratchBytes: usize;
  columns: i32;
  columnBytes: usize;
  frequencyBytes: usize;
  slices: i32;
  sliceBytes: usize;
}

/** Adds the sums of the other slices to those of the first, for one output channel. */
function addSlices(a: WeightGradArgs, sums: usize): void {
  for (let f: usize = 0; f < 36; f++) {
    for (let c: usize = 0; c < a.columnBytes; c += 32) {
      const to = sums + f * a.frequencyBytes + c;
      let x = v128.load(to), y = v128.load(to, 16), from = to;
      for (let slice = 1; slice < a.slices; slice++) {
        from += a.sliceBytes;
        x = f32x4.add(x, v128.load(from)), y = f32x4.add(y, v128.load(from, 16));
      }
      v128.store(to, y, 16), v128.store(to, x);
    }
  }
}

/** Computes G' m G of eight columns at `from`, as a kernel [9][8]. */
function transformSums(from: usize, frequencyBytes: usize, between: usize, kernel: usize): void {
  weightGradientTransforms(from, 6 * frequencyBytes, frequencyBytes, between, 192, 32, 6);
  weightGradientTransforms(between, 32, 192, kernel, 32, 96, 3);
}

/**
 * Computes the gradient of the weights, G' m G of the sums; a task is one output channel. Scratch: 18 + 9 groups of 8
 * lanes.
 */
export function winogradWeightGrad(args: usize, task: i32, thread: i32): void {
  const a = changetype<WeightGradArgs>(args);
  const between = a.scratch + <usize>a.scratchBytes * <usize>thread;
  const kernel = between + 18 * 32;
  let from = a.sums + <usize>task * a.columnBytes;
  if (a.slices > 1) addSlices(a, from);
  let to = a.weights + <usize>(task * a.columns) * 36;
  for (let column = 0; column < a.columns; column += 8, from += 32) {
    transformSums(from, a.frequencyBytes, between, kernel);
    const lanes = min(8, a.columns - column);
    storeTile(to, 36, kernel, lanes);
    storeTile(to + 16, 36, kernel + 128, lanes);
    storePlace(to + 32, 36, kernel + 256, lanes);
    to += <usize>lanes * 36;
  }
}
