import type { Conv2dGeometry } from '../../../tensor/backend.js';
import type { Engine } from '../engine.js';
import { type Axis, axisWords, backwardAxes, forwardAxis, sizesOf } from './axis.js';
import { enoughTasks, evenly, mostChannels, outputBlock, panelLength, taskWork, windowFloats } from './blocks.js';
import type { ConvTensors } from './tensors.js';

/** Bytes of windows that a task keeps: fewer than an L2 cache has. */
const windowBytes = 3 << 17;

/** `Backend.conv2d` for any geometry, without transforms. */
export function directConv2d(engine: Engine, tensors: ConvTensors, g: Conv2dGeometry): void {
  const axes = sizesOf(g).map(forwardAxis);
  const taps = 4 * g.kernelHeight * g.kernelWidth;
  const inChannels = g.inChannels / g.groups;
  const outChannels = g.outChannels / g.groups;
  const weights = { group: outChannels * inChannels * taps, out: inChannels * taps, in: taps };
  convolve(engine, tensors, g, { inChannels, outChannels, weights }, axes);
}

/** `Backend.conv2dInputGrad` for any geometry: one convolution for each phase of the strides. */
export function directInputGrad(engine: Engine, dy: number, w: number, dx: number, g: Conv2dGeometry): void {
  const [rows, columns] = sizesOf(g).map(backwardAxes);
  const taps = 4 * g.kernelHeight * g.kernelWidth;
  const inChannels = g.outChannels / g.groups;
  const outChannels = g.inChannels / g.groups;
  const weights = { group: outChannels * inChannels * taps, out: taps, in: outChannels * taps };
  for (const y of rows) {
    for (const x of columns) {
      convolve(engine, { input: dy, weights: w, bias: 0, output: dx }, g, { inChannels, outChannels, weights }, [y, x]);
    }
  }
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
  axes: Axis[],
): void {
  const { inChannels, outChannels, weights } = channels;
  const [y, x] = axes;
  if (batch * groups * outChannels * y.outputs * x.outputs === 0) return;
  const taps = y.taps * x.taps;
  const { images, rows, blockChannels, tasks } = divide(batch, groups, channels, axes);
  const window = windowFloats(y, x, { images, rows });
  const windowChannels = evenly(inChannels, Math.floor(windowBytes / 4 / window));
  const panelChannels = evenly(windowChannels, Math.floor(panelLength / Math.max(1, taps)));
  const places = 4 * Math.ceil((images * rows * x.outputs) / 4);
  const panel = panelChannels * taps;
  const sums = 8 * places * (windowChannels < inChannels ? Math.ceil(blockChannels / 8) : 2);
  // spans and gaps, lists of places, outputs and offsets, two panels, windows, sums
  const floats = 32 + 2 * places + panel + 16 * panel + windowChannels * window + sums;
  const scratchSize = 64 * Math.ceil(floats / 16);
  const scratch = engine.allocate(scratchSize * engine.threads);
  try {
    engine.run(
      'convGather',
      [
        ...[at.input, at.weights, at.bias, at.output, batch, groups, inChannels, outChannels],
        ...[weights.group, weights.out, weights.in, images, rows, blockChannels],
        ...[windowChannels, panelChannels, 4 * window, places, scratch, scratchSize],
        ...axisWords(y),
        ...axisWords(x),
      ],
      tasks,
    );
  } finally {
    engine.free(scratch);
  }
}

/** Divides images, rows and output channels into blocks, which are made smaller until there are enough of them. */
function divide(batch: number, groups: number, { inChannels, outChannels }: Channels, [y, x]: Axis[]) {
  const taps = y.taps * x.taps;
  let { images, rows } = outputBlock(batch, y, x);
  let blockChannels = Math.min(taps < 4 ? 4 * mostChannels : mostChannels, 8 * Math.ceil(outChannels / 8));
  const count = () =>
    groups * Math.ceil(batch / images) * Math.ceil(y.outputs / rows) * Math.ceil(outChannels / blockChannels);
  const work = (batch * groups * outChannels * inChannels * y.outputs * x.outputs * taps) / taskWork;
  while (count() < Math.min(enoughTasks, work)) {
    if (images > 1 && images * rows * x.outputs > 128) images = Math.ceil(images / 2);
    else if (blockChannels > 8) blockChannels = 8 * Math.ceil(blockChannels / 16);
    else if (rows > 1) rows = Math.ceil(rows / 2);
    else break;
  }
  return { images, rows, blockChannels, tasks: count() };
}
