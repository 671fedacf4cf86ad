import type { Conv2dGeometry } from '../../../tensor/backend.js';
import { type Engine, withMemory } from '../engine.js';
import { type Axis, axisWords, backwardAxis, forwardAxis, partWords, sizesOf } from './axis.js';
import { enoughTasks, evenly, mostChannels, outputBlock, panelLength, taskWork, windowFloats } from './blocks.js';
import { withoutPadding } from './padding.js';
import type { ConvTensors } from './tensors.js';

/** Bytes of windows that a task keeps: fewer than an L2 cache has. */
const windowBytes = 3 << 17;

/** `Backend.conv2d` for any geometry, without transforms. */
export function directConv2d(engine: Engine, tensors: ConvTensors, g: Conv2dGeometry): void {
  const taps = 4 * g.kernelHeight * g.kernelWidth;
  const inChannels = g.inChannels / g.groups;
  const outChannels = g.outChannels / g.groups;
  const weights = { group: outChannels * inChannels * taps, out: inChannels * taps, in: taps };
  convolve(engine, tensors, g, { inChannels, outChannels, weights }, sizesOf(g).map(forwardAxis));
}

/** `Backend.conv2dInputGrad` for any geometry. */
export function directInputGrad(engine: Engine, dy: number, w: number, dx: number, g: Conv2dGeometry): void {
  const taps = 4 * g.kernelHeight * g.kernelWidth;
  const inChannels = g.outChannels / g.groups;
  const outChannels = g.inChannels / g.groups;
  const weights = { group: outChannels * inChannels * taps, out: taps, in: outChannels * taps };
  const tensors = { input: dy, weights: w, bias: 0, output: dx };
  convolve(engine, tensors, g, { inChannels, outChannels, weights }, sizesOf(g).map(backwardAxis));
}

/** Channels of a group, and the bytes of weights from one group, output channel or input channel to the next. */
interface Channels {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly weights: { readonly group: number; readonly out: number; readonly in: number };
}

function convolve(
  engine: Engine,
  at: ConvTensors,
  { batch, groups }: Conv2dGeometry,
  channels: Channels,
  whole: Axis[],
): void {
  const { inChannels, outChannels, weights } = channels;
  if (batch * groups * outChannels * whole[0].outputs * whole[1].outputs === 0) return;
  const [y, x] = withoutPaddingOf(batch, whole);
  const { images, rows, blockChannels, tasks } = divide(batch, groups, channels, [y, x]);
  const { mostTaps, allTaps, pairs } = tapsOf(y, x);
  const window = windowFloats(y, x, { images, rows });
  const windowChannels = evenly(inChannels, Math.floor(windowBytes / 4 / window));
  const panelChannels = evenly(windowChannels, Math.floor(panelLength / Math.max(1, mostTaps)));
  const outputs = images * rows * x.outputs;
  const places = outputs + 3 * pairs;
  const panel = 16 * panelChannels * mostTaps;
  const sums = 8 * places * (windowChannels < inChannels ? Math.ceil(blockChannels / 8) : 2);
  const parts = [...partWords(y), ...partWords(x)];
  // spans, stretches of parts, lists of sums, places and offsets, and a gap; two panels, windows, sums
  const lists = 4 * (y.parts.length + x.parts.length) + outputs + places + panelChannels * allTaps;
  const scratchSize = 64 * Math.ceil((32 + lists + panel + windowChannels * window + sums) / 16);
  withMemory(engine, [4 * parts.length, scratchSize * engine.threads], (table, scratch) => {
    engine.i32.set(parts, table >>> 2);
    engine.run(
      'convGather',
      [
        ...[at.input, at.weights, at.bias, at.output, batch, groups, inChannels, outChannels],
        ...[weights.group, weights.out, weights.in, images, rows, blockChannels],
        ...[windowChannels, panelChannels, 4 * window, outputs, places, mostTaps, allTaps, scratch, scratchSize],
        ...axisWords(y, table),
        ...axisWords(x, table + 32 * y.parts.length),
      ],
      tasks,
    );
  });
}

/** Both axes, divided so that taps that read only padding are left out where that saves time. */
function withoutPaddingOf(batch: number, [y, x]: Axis[]): [Axis, Axis] {
  const { images } = outputBlock(batch, y, x, 4);
  const rows = withoutPadding(y, images * Math.ceil(x.outputs / x.parts.length));
  const most = Math.max(...rows.parts.map(({ count }) => count));
  return [rows, withoutPadding(x, images * most)];
}

/** How many pairs of parts the axes have, and the taps of the pair with the most, and of all pairs. */
function tapsOf(y: Axis, x: Axis): { mostTaps: number; allTaps: number; pairs: number } {
  const [rows, columns] = [y, x].map(({ parts }) => parts.map(({ taps }) => taps));
  const sum = (taps: number[]) => taps.reduce((a, b) => a + b, 0);
  return {
    mostTaps: Math.max(...rows) * Math.max(...columns),
    allTaps: sum(rows) * sum(columns),
    pairs: rows.length * columns.length,
  };
}

/** Divides images, rows and output channels into blocks, which are made smaller until there are enough of them. */
function divide(batch: number, groups: number, { inChannels, outChannels }: Channels, [y, x]: Axis[]) {
  const { allTaps, mostTaps, pairs } = tapsOf(y, x);
  let { images, rows } = outputBlock(batch, y, x, Math.min(4, pairs));
  let blockChannels = Math.min(mostTaps < 4 ? 4 * mostChannels : mostChannels, 8 * Math.ceil(outChannels / 8));
  const count = () =>
    groups * Math.ceil(batch / images) * Math.ceil(y.outputs / rows) * Math.ceil(outChannels / blockChannels);
  const work = (batch * groups * outChannels * inChannels * y.outputs * x.outputs * allTaps) / pairs / taskWork;
  while (count() < Math.min(enoughTasks, work)) {
    if (images > 1 && images * rows * x.outputs > 128 * Math.min(4, pairs)) images = Math.ceil(images / 2);
    else if (blockChannels > 8) blockChannels = 8 * Math.ceil(blockChannels / 16);
    else if (rows > 1) rows = Math.ceil(rows / 2);
    else break;
  }
  return { images, rows, blockChannels, tasks: count() };
}
