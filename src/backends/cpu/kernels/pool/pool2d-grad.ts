import { zeroBytes } from '../bytes';
import { firstOf, pointer, word } from '../words';
import { isPairs, spreadPairs } from './pool2d-pairs';
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

// Gradients of pooling. Tasks split the planes, since windows may overlap within a plane.

/** Here x is dx and out is dy; each dy is added to the winner of its window. */
export function maxPool2dGrad(args: usize, task: i32, _thread: i32): void {
  backward(args, task, true);
}

/** Here x is dx and out is dy; each dy is spread evenly over its window. */
export function avgPool2dGrad(args: usize, task: i32, _thread: i32): void {
  backward(args, task, false);
}

function backward(args: usize, task: i32, isMax: bool): void {
  const tasks = word(args, TASKS);
  const height = word(args, HEIGHT);
  const width = word(args, WIDTH);
  const inside = height * width;
  const outside = word(args, OUT_HEIGHT) * word(args, OUT_WIDTH);
  const end = firstOf(task + 1, tasks, word(args, PLANES));
  for (let plane = firstOf(task, tasks, word(args, PLANES)); plane < end; plane++) {
    const dx = pointer(args, 0) + ((<usize>(plane * inside)) << 2);
    const from = (<usize>(plane * outside)) << 2;
    const dy = pointer(args, 1) + from;
    zeroBytes(dx, (<usize>inside) << 2);
    if (isMax) addToWinners(dx, inside, dy, pointer(args, 2) + from, outside);
    else if (isPairs(args)) spreadPairs(args, dx, dy);
    else spread(args, dx, dy);
  }
}

function addToWinners(dx: usize, inside: i32, dy: usize, winners: usize, count: i32): void {
  for (const end = dy + ((<usize>count) << 2); dy < end; dy += 4) {
    const winner = load<u32>(winners);
    // never write outside the plane, whatever the indices are
    if (winner >= <u32>inside) unreachable();
    const to = dx + ((<usize>winner) << 2);
    store<f32>(to, load<f32>(to) + load<f32>(dy));
    winners += 4;
  }
}

function spread(args: usize, dx: usize, dy: usize): void {
  const height = word(args, HEIGHT);
  const width = word(args, WIDTH);
  const outHeight = word(args, OUT_HEIGHT);
  const outWidth = word(args, OUT_WIDTH);
  const kernelHeight = word(args, KERNEL_HEIGHT);
  const kernelWidth = word(args, KERNEL_WIDTH);
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

function addToRow(at: usize, count: i32, value: f32): void {
  const end = at + (<usize>count << 2);
  const four = f32x4.splat(value);
  for (; at + 16 <= end; at += 16) v128.store(at, f32x4.add(v128.load(at), four));
  for (; at < end; at += 4) store<f32>(at, load<f32>(at) + value);
}
