import { firstOf, pointer, word } from '../words';
import { isBetter, select } from './pool2d-best';
import { isPairs, reducePairs } from './pool2d-pairs';
import {
  PLANES,
  HEIGHT,
  WIDTH,
  OUT_HEIGHT,
  OUT_WIDTH,
  KERNEL_HEIGHT,
  KERNEL_WIDTH,
  STRIDE_Y,
  STRIDE_X,
  PAD_Y,
  PAD_X,
  TASKS,
} from './pool2d-words';

// Pooling; tasks split the rows of all output planes.

/** The largest element of each window, and its index in the plane; arguments as in pool2d-words.ts. */
export function maxPool2d(args: usize, task: i32, _thread: i32): void {
  forward(args, task, true);
}

/** The mean of each window; arguments as in pool2d-words.ts. */
export function avgPool2d(args: usize, task: i32, _thread: i32): void {
  forward(args, task, false);
}

function forward(args: usize, task: i32, isMax: bool): void {
  const tasks = word(args, TASKS);
  const width = word(args, WIDTH);
  const outWidth = word(args, OUT_WIDTH);
  const outHeight = word(args, OUT_HEIGHT);
  const kernelWidth = word(args, KERNEL_WIDTH);
  const stride = word(args, STRIDE_X);
  const pad = word(args, PAD_X);
  // four windows at a time where they do not touch the padding at the sides and the stride allows it
  let first = (pad + stride - 1) / stride;
  let end = width + pad < kernelWidth ? 0 : min(outWidth, (width + pad - kernelWidth) / stride + 1);
  if (stride > 2 || end - first < 4) first = end = outWidth;

  const rows = word(args, PLANES) * outHeight;
  const lastRow = firstOf(task + 1, tasks, rows);
  let row = firstOf(task, tasks, rows);
  if (isPairs(args)) {
    reducePairs(args, row, lastRow, isMax);
    return;
  }
  let y = row % outHeight;
  let plane = pointer(args, 0) + (<usize>((row / outHeight) * word(args, HEIGHT) * width) << 2);
  for (; row < lastRow; row++) {
    const at = <usize>(row * outWidth) << 2;
    outputRow(args, plane, y, pointer(args, 1) + at, pointer(args, 2) + at, first, end, isMax);
    if (++y == outHeight) {
      y = 0;
      plane += <usize>(word(args, HEIGHT) * width) << 2;
    }
  }
}

/** Computes row `y` of an output plane; windows from `first` to `end` are computed four at a time. */
function outputRow(
  args: usize,
  plane: usize,
  y: i32,
  out: usize,
  indices: usize,
  first: i32,
  end: i32,
  isMax: bool,
): void {
  const width = word(args, WIDTH);
  const outWidth = word(args, OUT_WIDTH);
  const kernelWidth = word(args, KERNEL_WIDTH);
  const stride = word(args, STRIDE_X);
  const pad = word(args, PAD_X);
  const start = y * word(args, STRIDE_Y) - word(args, PAD_Y);
  const top = max(start, 0);
  const bottom = min(start + word(args, KERNEL_HEIGHT), word(args, HEIGHT));
  const area = <f32>(word(args, KERNEL_HEIGHT) * kernelWidth);
  if (end > first) {
    if (isMax) fourMaxima(plane, top, bottom, width, kernelWidth, stride, pad, out, indices, first, end);
    else fourMeans(plane, top, bottom, width, kernelWidth, stride, pad, out, area, first, end);
  }
  for (let ox = first > 0 ? 0 : end; ox < outWidth; ox = ox + 1 == first ? end : ox + 1) {
    const left = ox * stride - pad;
    const right = min(left + kernelWidth, width);
    const at = <usize>ox << 2;
    if (isMax) oneMaximum(plane, top, bottom, width, max(left, 0), right, out + at, indices + at);
    else store<f32>(out + at, sumOf(plane, top, bottom, width, max(left, 0), right) / area);
  }
}

function oneMaximum(
  plane: usize,
  top: i32,
  bottom: i32,
  width: i32,
  left: i32,
  right: i32,
  out: usize,
  index: usize,
): void {
  let winner = top * width + left;
  let best = load<f32>(plane + (<usize>winner << 2));
  for (let y = top; y < bottom; y++) {
    for (let i = y * width + left, end = y * width + right; i < end; i++) {
      const value = load<f32>(plane + (<usize>i << 2));
      // greater, or NaN where there was none
      if (!(value <= best) && best == best) {
        best = value;
        winner = i;
      }
    }
  }
  store<f32>(out, best);
  store<i32>(index, winner);
}

function sumOf(plane: usize, top: i32, bottom: i32, width: i32, left: i32, right: i32): f32 {
  let four = f32x4.splat(0);
  let sum: f32 = 0;
  for (let y = top; y < bottom; y++) {
    let at = plane + (<usize>(y * width + left) << 2);
    const end = plane + (<usize>(y * width + right) << 2);
    for (; at + 16 <= end; at += 16) four = f32x4.add(four, v128.load(at));
    for (; at < end; at += 4) sum += load<f32>(at);
  }
  four = f32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
  return sum + (f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 1));
}

/** Loads four floats at a distance of one or two, without reading beyond the last. */
function loadFour(at: usize, stride: i32): v128 {
  if (stride == 1) return v128.load(at);
  return v128.shuffle<i32>(v128.load(at), v128.load(at, 12), 0, 2, 5, 7);
}

function fourMaxima(
  plane: usize,
  top: i32,
  bottom: i32,
  width: i32,
  kernelWidth: i32,
  stride: i32,
  pad: i32,
  out: usize,
  indices: usize,
  first: i32,
  end: i32,
): void {
  const lanes = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(stride));
  for (let i = first; i < end; i += 4) {
    // the last four windows overlap those before
    const ox = min(i, end - 4);
    const left = ox * stride - pad;
    let index = top * width + left;
    let winner = i32x4.add(i32x4.splat(index), lanes);
    let best = loadFour(plane + (<usize>index << 2), stride);
    for (let y = top; y < bottom; y++) {
      let at = plane + (<usize>index << 2);
      let here = i32x4.add(i32x4.splat(index), lanes);
      for (const stop = at + (<usize>kernelWidth << 2); at < stop; at += 4) {
        const value = loadFour(at, stride);
        const better = isBetter(value, best);
        best = select(value, best, better);
        winner = select(here, winner, better);
        here = i32x4.add(here, i32x4.splat(1));
      }
      index += width;
    }
    v128.store(out + (<usize>ox << 2), best);
    v128.store(indices + (<usize>ox << 2), winner);
  }
}

function fourMeans(
  plane: usize,
  top: i32,
  bottom: i32,
  width: i32,
  kernelWidth: i32,
  stride: i32,
  pad: i32,
  out: usize,
  area: f32,
  first: i32,
  end: i32,
): void {
  for (let i = first; i < end; i += 4) {
    const ox = min(i, end - 4);
    const left = ox * stride - pad;
    let sum = f32x4.splat(0);
    for (let y = top; y < bottom; y++) {
      let at = plane + (<usize>(y * width + left) << 2);
      for (const stop = at + (<usize>kernelWidth << 2); at < stop; at += 4) sum = f32x4.add(sum, loadFour(at, stride));
    }
    v128.store(out + (<usize>ox << 2), f32x4.div(sum, f32x4.splat(area)));
  }
}
