import type { Conv2dGeometry } from '../../../tensor/backend.js';
import { type Engine, withMemory } from '../engine.js';
import { evenly } from './blocks.js';
import { blockBytes, blocksOf, frequencyBytes, groupOf, rowScratch, tile } from './winograd-tiling.js';
import { type Transform, transform } from './winograd-transform.js';

/** Output channels of a task of the products. */
const taskRows = 32;

/**
 * Most bytes of the sums of a slice of the tiles, most slices, and fewest tiles of a slice: with fewer, adding the sums
 * of slices takes as long as computing them.
 */
const slice = { bytes: 640 << 10, most: 8, tiles: 128 } as const;

/** Most bytes of transformed tensors of a task that sums a slice, which fit an L2 cache of one megabyte. */
const windowBytes = 600 << 10;

/** `Backend.conv2dWeightGrad` by Winograd: the adjoint of the forward convolution as a function of the weights. */
export function winogradWeightGrad(engine: Engine, x: number, dy: number, dw: number, g: Conv2dGeometry): void {
  const bytes = 36 * g.outChannels * 32 * blocksOf(g.inChannels);
  (bytes <= slice.bytes ? sumInSlices : sumInRuns)(engine, x, dy, dw, g);
}

/** Does all transforms and products in one job, whose tasks keep what is transformed in the cache of their processor. */
function sumInSlices(engine: Engine, x: number, dy: number, dw: number, g: Conv2dGeometry): void {
  const [rows, columns] = [g.outChannels, g.inChannels];
  const tiling = { rows: Math.ceil(g.outHeight / 4), columns: Math.ceil(g.outWidth / 4) };
  const tileRows = g.batch * tiling.rows;
  const tileBytes = 36 * 32 * (blocksOf(rows) + blocksOf(columns));
  const fitting = Math.max(1, Math.floor(windowBytes / (tileBytes * tiling.columns)));
  const wanted = Math.min(slice.most, Math.ceil((tileRows * tiling.columns) / slice.tiles));
  const sliceRows = Math.ceil(tileRows / wanted);
  const taskRows = evenly(sliceRows, fitting);
  const slices = Math.ceil(tileRows / sliceRows);
  const block = 32 * taskRows * tiling.columns;
  const inputBytes = frequencyBytes(blocksOf(columns) * block);
  const gradientBytes = frequencyBytes(blocksOf(rows) * block);
  const columnBytes = 32 * blocksOf(columns);
  const sumBytes = frequencyBytes(rows * columnBytes);
  const scratchBytes = rowScratch(tiling, Math.max(g.inWidth, g.outWidth)) + 36 * (inputBytes + gradientBytes);
  withMemory(engine, [36 * sumBytes * slices, scratchBytes * engine.threads], (sums, scratch) => {
    const common = [tiling.rows, tiling.columns];
    engine.run(
      'winogradWeightSums',
      [
        ...[x, 0, scratch, scratchBytes, g.batch, columns, g.inHeight, g.inWidth],
        ...[...common, g.padY, g.padX, taskRows, inputBytes, block],
        ...[dy, 0, scratch, scratchBytes, g.batch, rows, g.outHeight, g.outWidth],
        ...[...common, 0, 0, taskRows, gradientBytes, block],
        ...[sums, columnBytes, sumBytes, 36 * sumBytes, sliceRows],
      ],
      slices,
    );
    const args = [sums, dw, scratch, scratchBytes, columns, columnBytes, sumBytes, slices, 36 * sumBytes];
    engine.run('winogradWeightGrad', args, rows);
  });
}

/** Transforms runs of images, and uses them for groups of output channels. */
function sumInRuns(engine: Engine, x: number, dy: number, dw: number, g: Conv2dGeometry): void {
  const [rows, columns] = [g.outChannels, g.inChannels];
  const columnBytes = 32 * blocksOf(columns);
  const wanted = groupOf(rows, columnBytes, taskRows);
  const tiling = tile({ ...g, images: g.batch }, rows + columns, wanted < rows);
  // the sums of a group are complete before the next only if there is one run
  const group = tiling.runs.length === 1 ? wanted : rows;
  const scratchBytes = Math.max(896, rowScratch(tiling, Math.max(g.inWidth, g.outWidth)));
  const most = blockBytes(tiling, tiling.run);
  const inputBytes = frequencyBytes(blocksOf(columns) * most);
  const gradientBytes = frequencyBytes(blocksOf(rows) * most);
  const sumBytes = frequencyBytes(group * columnBytes);
  const held = [36 * inputBytes, 36 * gradientBytes, 36 * sumBytes, scratchBytes * engine.threads];
  withMemory(engine, held, (input, gradient, sums, scratch) => {
    const ofInput: Transform = {
      ...{ kernel: 'winogradInput', from: x, to: input, frequencyBytes: inputBytes },
      ...{ channels: columns, height: g.inHeight, width: g.inWidth, padY: g.padY, padX: g.padX },
      ...{ scratch, scratchBytes },
    };
    const ofGradient: Transform = {
      ...{ kernel: 'winogradGradient', from: dy, to: gradient, frequencyBytes: gradientBytes },
      ...{ channels: rows, height: g.outHeight, width: g.outWidth, padY: 0, padX: 0 },
      ...{ scratch, scratchBytes },
    };
    for (const run of tiling.runs) {
      transform(engine, tiling, run, ofInput);
      transform(engine, tiling, run, ofGradient);
      const isLast = run.first + run.count === g.batch;
      const step = blockBytes(tiling, run.count);
      for (let first = 0; first < rows; first += group) {
        const count = Math.min(group, rows - first);
        engine.run(
          'winogradWeightProducts',
          [
            ...[gradient + (first / 8) * step, input, sums, run.count * tiling.rows * tiling.columns],
            ...[count, columns, columnBytes, run.first > 0 ? 1 : 0, taskRows],
            ...[gradientBytes, inputBytes, sumBytes, step],
          ],
          36 * Math.ceil(count / taskRows),
        );
        const to = dw + 36 * first * columns;
        if (!isLast) continue;
        engine.run(
          'winogradWeightGrad',
          [sums, to, scratch, scratchBytes, columns, columnBytes, sumBytes, 1, 0],
          count,
        );
      }
    }
  });
}
