import { type Axis, largestSpan } from './axis.js';

/** Length of panels of weights or gradients: at 8 floats per element, a panel takes about a quarter of an L1 cache. */
export const panelLength = 288;
/** Most output channels of a block: the more there are, the less the copying of windows costs. */
export const mostChannels = 64;
/** The fewest tasks that a large job is divided into, so that threads finish at about the same time. */
export const enoughTasks = 8;
/** Multiply-adds that are worth a separate task: about ten microseconds. */
export const taskWork = 1 << 18;

/** Outputs of a block: the more there are, the less the packing of weights costs. */
const fewOutputs = 512;
const mostOutputs = 1024;

/** Outputs that a task works on at a time: those of several images, or some rows of one image. */
interface OutputBlock {
  readonly images: number;
  readonly rows: number;
}

/**
 * How many whole images, or rows of one image, make a block of outputs: `parts` times as many if only one in so many
 * outputs uses the same weights.
 */
export function outputBlock(batch: number, y: Axis, x: Axis, parts = 1): OutputBlock {
  const area = y.outputs * x.outputs;
  const most = parts * mostOutputs;
  if (area > most) return { images: 1, rows: evenly(y.outputs, Math.floor(most / x.outputs)) };
  return { images: evenly(batch, Math.floor((parts * fewOutputs) / area)), rows: y.outputs };
}

/**
 * Floats of one channel's window: an odd number of cache lines, so that channels do not compete for the same cache
 * lines.
 */
export function windowFloats(y: Axis, x: Axis, block: OutputBlock): number {
  const columns = largestSpan(x, x.outputs);
  const rows = largestSpan(y, block.rows);
  const floats = ((block.images - 1) * rows.pitch + rows.places - 1) * columns.pitch + columns.places;
  const lines = Math.max(1, Math.ceil(floats / 16));
  return 16 * (lines % 2 === 0 ? lines + 1 : lines);
}

/** The size, at least 1, of equal parts of `total`: as few parts as possible, each of at most `most`. */
export function evenly(total: number, most: number): number {
  const parts = Math.ceil(total / Math.max(1, most));
  return parts === 0 ? 1 : Math.ceil(total / parts);
}
