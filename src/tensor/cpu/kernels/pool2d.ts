import { zeroBytes } from './bytes';
import { firstOf, pointer, word } from './words';

// Pooling over planes of H x W floats. Words: x, out, indices, then the geometry and the tasks. Forward, tasks split
// the rows of all output planes; backward they split the planes, in which windows may overlap.

const PLANES = 3;
const HEIGHT = 4;
const WIDTH = 5;
const OUT_HEIGHT = 6;
const OUT_WIDTH = 7;
const KERNEL_HEIGHT = 8;
const KERNEL_WIDTH = 9;
const STRIDE_Y = 10;
const STRIDE_X = 11;
const PAD_Y = 12;
const PAD_X = 13;
const TASKS = 14;

export function maxPool2d(args: usize, task: i32, _thread: i32): void {
  forward(args, task, true);
}

export function avgPool2d(args: usize, task: i32, _thread: i32): void {
  forward(args, task, false);
}

function forward(args: usize, task: i32, isMax: bool): void {
  const tasks = word(args, TASKS);
  const rows = word(args, PLANES) * word(args, OUT_HEIGHT);
  const end = firstOf(task + 1, tasks, rows);
  for (let row = firstOf(task, tasks, rows); row < end; row++) outputRow(args, row, isMax);
}

/** One row of an output plane: four windows at a time where they lie inside the image and the stride allows. */
function outputRow(args: usize, row: i32, isMax: bool): void {
  const outWidth = word(args, OUT_WIDTH);
  const stride = word(args, STRIDE_X);
  const pad = word(args, PAD_X);
  const room = word(args, WIDTH) - word(args, KERNEL_WIDTH) + pad;
  const first = (pad + stride - 1) / stride;
  const end = room < 0 ? 0 : min(outWidth, room / stride + 1);
  let ox = 0;
  if (stride <= 2 && end - first >= 4) {
    for (; ox < first; ox++) oneWindow(args, row, ox, isMax);
    for (; ox < end; ox += 4) {
      // the last four overlap those before
      const from = min(ox, end - 4);
      if (isMax) fourMaxima(args, row, from);
      else fourMeans(args, row, from);
    }
    ox = end;
  }
  for (; ox < outWidth; ox++) oneWindow(args, row, ox, isMax);
}

/** First input row of the windows of an output row; negative in the padding. */
function topOf(args: usize, row: i32): i32 {
  return (row % word(args, OUT_HEIGHT)) * word(args, STRIDE_Y) - word(args, PAD_Y);
}

/** First byte of the input plane that an output row belongs to. */
function planeOf(args: usize, row: i32): usize {
  const plane = row / word(args, OUT_HEIGHT);
  return pointer(args, 0) + <usize>(plane * word(args, HEIGHT) * word(args, WIDTH)) * 4;
}

function oneWindow(args: usize, row: i32, ox: i32, isMax: bool): void {
  const width = word(args, WIDTH);
  const plane = planeOf(args, row);
  const top = topOf(args, row);
  const left = ox * word(args, STRIDE_X) - word(args, PAD_X);
  const bottom = min(top + word(args, KERNEL_HEIGHT), word(args, HEIGHT));
  const right = min(left + word(args, KERNEL_WIDTH), width);
  const x0 = max(left, 0);
  const y0 = max(top, 0);
  const at = (<usize>(row * word(args, OUT_WIDTH) + ox)) << 2;
  if (!isMax) {
    let sum: f32 = 0;
    for (let y = y0; y < bottom; y++) sum += sumRow(plane + ((<usize>(y * width + x0)) << 2), right - x0);
    store<f32>(pointer(args, 1) + at, sum / <f32>(word(args, KERNEL_HEIGHT) * word(args, KERNEL_WIDTH)));
    return;
  }
  let winner = y0 * width + x0;
  let best = load<f32>(plane + ((<usize>winner) << 2));
  for (let y = y0; y < bottom; y++) {
    for (let x = x0; x < right; x++) {
      const value = load<f32>(plane + ((<usize>(y * width + x)) << 2));
      if (!(value <= best) && best == best) {
        best = value;
        winner = y * width + x;
      }
    }
  }
  store<f32>(pointer(args, 1) + at, best);
  store<i32>(pointer(args, 2) + at, winner);
}

function sumRow(at: usize, count: i32): f32 {
  let sum: f32 = 0;
  let i = 0;
  if (count >= 8) {
    let four = f32x4.splat(0);
    for (; i + 4 <= count; i += 4) four = f32x4.add(four, v128.load(at + ((<usize>i) << 2)));
    four = f32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
    sum = f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 1);
  }
  for (; i < count; i++) sum += load<f32>(at + ((<usize>i) << 2));
  return sum;
}

/** Four floats at a distance of one or two, without reading behind the last. */
function loadFour(at: usize, stride: i32): v128 {
  if (stride == 1) return v128.load(at);
  return v128.shuffle<i32>(v128.load(at), v128.load(at, 12), 0, 2, 5, 7);
}

function fourMaxima(args: usize, row: i32, ox: i32): void {
  const width = word(args, WIDTH);
  const stride = word(args, STRIDE_X);
  const kernelWidth = word(args, KERNEL_WIDTH);
  const plane = planeOf(args, row);
  const top = topOf(args, row);
  const left = ox * stride - word(args, PAD_X);
  const bottom = min(top + word(args, KERNEL_HEIGHT), word(args, HEIGHT));
  const lanes = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(stride));
  const y0 = max(top, 0);
  let winner = i32x4.add(i32x4.splat(y0 * width + left), lanes);
  let best = loadFour(plane + ((<usize>(y0 * width + left)) << 2), stride);
  for (let y = y0; y < bottom; y++) {
    for (let k = 0; k < kernelWidth; k++) {
      const i = y * width + left + k;
      const value = loadFour(plane + ((<usize>i) << 2), stride);
      // greater, or NaN where there was none
      const better = v128.andnot(f32x4.eq(best, best), f32x4.le(value, best));
      best = v128.bitselect(value, best, better);
      winner = v128.bitselect(i32x4.add(i32x4.splat(i), lanes), winner, better);
    }
  }
  const at = (<usize>(row * word(args, OUT_WIDTH) + ox)) << 2;
  v128.store(pointer(args, 1) + at, best);
  v128.store(pointer(args, 2) + at, winner);
}

function fourMeans(args: usize, row: i32, ox: i32): void {
  const width = word(args, WIDTH);
  const stride = word(args, STRIDE_X);
  const kernelWidth = word(args, KERNEL_WIDTH);
  const plane = planeOf(args, row);
  const top = topOf(args, row);
  const left = ox * stride - word(args, PAD_X);
  const bottom = min(top + word(args, KERNEL_HEIGHT), word(args, HEIGHT));
  let sum = f32x4.splat(0);
  for (let y = max(top, 0); y < bottom; y++) {
    const from = plane + ((<usize>(y * width + left)) << 2);
    for (let k = 0; k < kernelWidth; k++) sum = f32x4.add(sum, loadFour(from + ((<usize>k) << 2), stride));
  }
  const area = f32x4.splat(<f32>(word(args, KERNEL_HEIGHT) * kernelWidth));
  v128.store(pointer(args, 1) + ((<usize>(row * word(args, OUT_WIDTH) + ox)) << 2), f32x4.div(sum, area));
}

/** x is dx and out is dy here; each dy goes to the winner of its window. */
export function maxPool2dGrad(args: usize, task: i32, _thread: i32): void {
  const tasks = word(args, TASKS);
  const inside = word(args, HEIGHT) * word(args, WIDTH);
  const outside = word(args, OUT_HEIGHT) * word(args, OUT_WIDTH);
  const end = firstOf(task + 1, tasks, word(args, PLANES));
  for (let plane = firstOf(task, tasks, word(args, PLANES)); plane < end; plane++) {
    const dx = pointer(args, 0) + ((<usize>(plane * inside)) << 2);
    zeroBytes(dx, (<usize>inside) << 2);
    const from = (<usize>(plane * outside)) << 2;
    for (let i = 0; i < outside; i++) {
      const at = from + ((<usize>i) << 2);
      const winner = load<u32>(pointer(args, 2) + at);
      // never write outside of the plane, whatever the indices are
      if (winner >= <u32>inside) unreachable();
      const to = dx + ((<usize>winner) << 2);
      store<f32>(to, load<f32>(to) + load<f32>(pointer(args, 1) + at));
    }
  }
}

/** x is dx and out is dy here; each dy is spread evenly over its window. */
export function avgPool2dGrad(args: usize, task: i32, _thread: i32): void {
  const tasks = word(args, TASKS);
  const height = word(args, HEIGHT);
  const width = word(args, WIDTH);
  const outHeight = word(args, OUT_HEIGHT);
  const outWidth = word(args, OUT_WIDTH);
  const kernelHeight = word(args, KERNEL_HEIGHT);
  const kernelWidth = word(args, KERNEL_WIDTH);
  const end = firstOf(task + 1, tasks, word(args, PLANES));
  for (let plane = firstOf(task, tasks, word(args, PLANES)); plane < end; plane++) {
    const dx = pointer(args, 0) + ((<usize>(plane * height * width)) << 2);
    zeroBytes(dx, (<usize>(height * width)) << 2);
    let dy = pointer(args, 1) + ((<usize>(plane * outHeight * outWidth)) << 2);
    for (let oy = 0; oy < outHeight; oy++) {
      const top = oy * word(args, STRIDE_Y) - word(args, PAD_Y);
      const bottom = min(top + kernelHeight, height);
      for (let ox = 0; ox < outWidth; ox++) {
        const left = ox * word(args, STRIDE_X) - word(args, PAD_X);
        const right = min(left + kernelWidth, width);
        const x0 = max(left, 0);
        const share = load<f32>(dy) / <f32>(kernelHeight * kernelWidth);
        for (let y = max(top, 0); y < bottom; y++) addToRow(dx + ((<usize>(y * width + x0)) << 2), right - x0, share);
        dy += 4;
      }
    }
  }
}

function addToRow(at: usize, count: i32, value: f32): void {
  let i = 0;
  const four = f32x4.splat(value);
  for (; i + 4 <= count; i += 4) {
    const to = at + ((<usize>i) << 2);
    v128.store(to, f32x4.add(v128.load(to), four));
  }
  for (; i < count; i++) {
    const to = at + ((<usize>i) << 2);
    store<f32>(to, load<f32>(to) + value);
  }
}
