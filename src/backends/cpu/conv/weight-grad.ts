import type { Conv2dGeometry } from '../../../tensor/backend.js';
import { type Engine, withMemory } from '../engine.js';
import { axisWords, forwardAxis, partWords, sizesOf } from './axis.js';
import { enoughTasks, evenly, mostChannels, outputBlock, panelLength, taskWork, windowFloats } from './blocks.js';

/** Weights that one task of `convAddSlices` sums. */
const sliceBlock = 4096;

/** `Backend.conv2dWeightGrad` for any geometry, without transforms; arguments are pointers. */
export function directWeightGrad(engine: Engine, x: number, dy: number, dw: number, g: Conv2dGeometry): void {
  const { batch, groups } = g;
  const inChannels = g.inChannels / groups;
  const outChannels = g.outChannels / groups;
  const size = g.outChannels * inChannels * g.kernelHeight * g.kernelWidth;
  if (size === 0) return;
  const [rows, columns] = sizesOf(g).map(forwardAxis);
  const block = outputBlock(batch, rows, columns);
  const { blockIn, blockOut, sliceImages, slices, tasks } = divide(g, block.images);
  const window = windowFloats(rows, columns, block);
  const places = block.images * block.rows * columns.outputs;
  const panel = evenly(places, panelLength);
  const weights = blockIn * g.kernelHeight * g.kernelWidth;
  const sums = Math.ceil(blockOut / 8) * 8 * 4 * Math.ceil(weights / 4);
  // spans, stretches and gaps, lists of offsets and weights, two panels, windows, sums
  const floats = 80 + places + weights + 16 * panel + window * blockIn + sums;
  const scratchSize = 64 * Math.ceil(floats / 16);
  const parts = [...partWords(rows), ...partWords(columns)];
  const held = [4 * parts.length, slices > 1 ? 4 * size * slices : 0, scratchSize * engine.threads];
  withMemory(engine, held, (table, partial, scratch) => {
    engine.i32.set(parts, table >>> 2);
    engine.run(
      'convWeightGrad',
      [
        ...[x, dy, slices > 1 ? partial : dw, batch, groups, inChannels, outChannels, sliceImages, blockIn, blockOut],
        ...[block.images, block.rows, panel, places, 4 * window, scratch, scratchSize],
        ...axisWords(rows, table),
        ...axisWords(columns, table + 32),
      ],
      tasks,
    );
    if (slices > 1) engine.run('convAddSlices', [partial, slices, dw, size, sliceBlock], Math.ceil(size / sliceBlock));
  });
}

/**
 * Divides the weights into blocks and, where there are few blocks, also the images into slices. Slices copy and pack
 * nothing twice, but each needs separate sums, which are added in a fixed order afterwards.
 */
function divide({ groups, ...g }: Conv2dGeometry, blockImages: number) {
  const inChannels = g.inChannels / groups;
  const outChannels = g.outChannels / groups;
  const taps = g.kernelHeight * g.kernelWidth;
  let blockIn = evenly(inChannels, Math.floor(panelLength / taps));
  let blockOut = Math.min(mostChannels, 8 * Math.ceil(outChannels / 8));
  const count = () => groups * Math.ceil(outChannels / blockOut) * Math.ceil(inChannels / blockIn);
  const work = (g.batch * g.outChannels * inChannels * taps * g.outHeight * g.outWidth) / taskWork;
  const wanted = Math.min(enoughTasks, work);
  const most = Math.min(Math.ceil(wanted / count()), Math.ceil(g.batch / blockImages));
  const sliceImages = evenly(g.batch, Math.ceil(g.batch / Math.max(1, most)));
  const slices = Math.max(1, Math.ceil(g.batch / sliceImages));
  while (slices * count() < wanted) {
    if (blockOut > 8 && blockOut >= blockIn) blockOut = 8 * Math.ceil(blockOut / 16);
    else if (blockIn > 1) blockIn = Math.ceil(blockIn / 2);
    else break;
  }
  return { blockIn, blockOut, sliceImages, slices, tasks: slices * count() };
}
