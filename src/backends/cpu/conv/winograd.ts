import type { Conv2dGeometry } from '../../../tensor/backend.js';
import { type Engine, withMemory } from '../engine.js';
import { evenly } from './blocks.js';
import type { ConvTensors } from './tensors.js';
import { blockBytes, blocksOf, frequencyBytes, groupOf, rowScratch, tile } from './winograd-tiling.js';
import { type Transform, transform } from './winograd-transform.js';

/** Tiles, a multiple of those that kernels compute at a time, and blocks of output channels per task of products. */
const taskTiles = 36;
const taskBlocks = 4;

/**
 * Most bytes of transformed input and most tiles of a task that does all steps, and how many blocks of output channels
 * it computes at a time. Its data fit an L2 cache of one megabyte, apart from the weights.
 */
const fused = { bytes: 600 << 10, tiles: 128, blocks: 2 } as const;

/** Bytes that kernels may read beyond the tiles of a transformed input. */
const tileSlack = 32 * 6;

/** With fewer tiles, transforming the weights costs more time than the cheaper products save. */
const fewestTiles = 8;

/** A convolution with 3x3 kernels as Winograd sees it: `rows` output channels, `columns` input channels. */
interface Problem {
  readonly images: number;
  readonly rows: number;
  readonly columns: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly padY: number;
  readonly padX: number;
}

/**
 * True where F(4x4, 3x3) is worthwhile: for 3x3 kernels with stride 1, enough channels and tiles to make up for the
 * transforms, and planes that fill most of their tiles.
 */
export function winogradPays(g: Conv2dGeometry): boolean {
  const kernel = g.kernelHeight === 3 && g.kernelWidth === 3;
  const dense = g.strideY * g.strideX * g.dilationY * g.dilationX * g.groups === 1;
  const channels = g.inChannels >= 12 && g.outChannels >= 12;
  const fills = (n: number) => n / (4 * Math.ceil(n / 4)) >= 0.7;
  const planes = fills(g.outHeight) && fills(g.outWidth) && fills(g.inHeight) && fills(g.inWidth);
  const tiles = g.batch * Math.ceil(g.outHeight / 4) * Math.ceil(g.outWidth / 4);
  return kernel && dense && channels && planes && g.padY <= 2 && g.padX <= 2 && tiles >= fewestTiles;
}

/** `Backend.conv2d` by Winograd. */
export function winogradConv2d(engine: Engine, tensors: ConvTensors, g: Conv2dGeometry): void {
  const problem = { ...g, images: g.batch, rows: g.outChannels, columns: g.inChannels };
  const strides = { rowBytes: g.inChannels * 36, columnBytes: 36, turned: 0 };
  convolve(engine, problem, strides, tensors);
}

/**
 * `Backend.conv2dInputGrad` by Winograd: a convolution with kernels rotated by 180 degrees and with input and output
 * channels exchanged.
 */
export function winogradInputGrad(engine: Engine, dy: number, w: number, dx: number, g: Conv2dGeometry): void {
  const problem = {
    images: g.batch,
    rows: g.inChannels,
    columns: g.outChannels,
    inHeight: g.outHeight,
    inWidth: g.outWidth,
    outHeight: g.inHeight,
    outWidth: g.inWidth,
    padY: 2 - g.padY,
    padX: 2 - g.padX,
  };
  const strides = { rowBytes: 36, columnBytes: g.inChannels * 36, turned: 1 };
  convolve(engine, problem, strides, { input: dy, weights: w, bias: 0, output: dx });
}

interface WeightStrides {
  readonly rowBytes: number;
  readonly columnBytes: number;
  readonly turned: number;
}

function convolve(engine: Engine, p: Problem, strides: WeightStrides, at: ConvTensors): void {
  const blocks = blocksOf(p.rows);
  const group = groupOf(blocks, 32 * p.columns, taskBlocks);
  if (group === blocks) convolveAtOnce(engine, p, strides, at);
  else convolveInRuns(engine, p, strides, at, group);
}

/** Weights of some output channels, and where they go in the transformed domain. */
interface Weights {
  readonly from: number;
  readonly rows: number;
  readonly columns: number;
  readonly to: number;
  readonly frequencyBytes: number;
}

/** Transforms weights. */
function transformWeights(engine: Engine, strides: WeightStrides, w: Weights): void {
  const { rowBytes, columnBytes, turned } = strides;
  // 128 bytes, and 12 + 18 groups of 8 lanes
  const scratchBytes = 1088;
  withMemory(engine, [scratchBytes * engine.threads], (scratch) => {
    engine.run(
      'winogradWeights',
      [
        ...[w.from, w.to, scratch, scratchBytes, w.rows, w.columns],
        ...[rowBytes, columnBytes, turned, w.frequencyBytes],
      ],
      blocksOf(w.rows),
    );
  });
}

/** Does all steps in one job, whose tasks keep their transformed input in the cache of their processor. */
function convolveAtOnce(engine: Engine, p: Problem, strides: WeightStrides, at: ConvTensors): void {
  const [tileRows, tileColumns] = [Math.ceil(p.outHeight / 4), Math.ceil(p.outWidth / 4)];
  const rows = p.images * tileRows;
  const most = Math.max(1, Math.floor(fused.bytes / (36 * 32 * blocksOf(p.columns) * tileColumns)));
  const wanted = Math.max(1, Math.floor(fused.tiles / tileColumns));
  const taskRows = evenly(rows, Math.min(most, wanted, Math.ceil(rows / 8)));
  const taskTiles = 12 * Math.ceil((taskRows * tileColumns) / 12);
  const outBlocks = Math.min(fused.blocks, blocksOf(p.rows));
  const weightBytes = frequencyBytes(32 * blocksOf(p.rows) * p.columns);
  const inputBytes = frequencyBytes(32 * taskTiles * blocksOf(p.columns));
  const productBytes = frequencyBytes(32 * taskTiles * outBlocks);
  const tiling = { rows: tileRows, columns: tileColumns };
  const scratchBytes = rowScratch(tiling, p.inWidth) + 36 * (inputBytes + productBytes) + 1280;
  withMemory(engine, [36 * weightBytes, scratchBytes * engine.threads], (weights, scratch) => {
    const { rows: outputs, columns } = p;
    transformWeights(engine, strides, {
      from: at.weights,
      rows: outputs,
      columns,
      to: weights,
      frequencyBytes: weightBytes,
    });
    engine.run(
      'winogradConvolve',
      [
        ...[at.input, 0, scratch, scratchBytes, p.images, p.columns, p.inHeight, p.inWidth],
        ...[tileRows, tileColumns, p.padY, p.padX, taskRows, inputBytes, 32 * taskTiles],
        ...[weights, 0, at.output, at.bias, scratch, scratchBytes],
        ...[p.images, p.rows, p.columns, p.outHeight, p.outWidth, tileRows, tileColumns],
        ...[taskTiles, outBlocks, weightBytes, inputBytes, productBytes, 32 * taskTiles],
        4 * p.outHeight * p.outWidth * p.rows,
      ],
      Math.ceil(rows / taskRows),
    );
  });
}

/** Transforms and uses the weights of `group` blocks of output channels at a time, for runs of images. */
function convolveInRuns(engine: Engine, p: Problem, strides: WeightStrides, at: ConvTensors, group: number): void {
  const tiling = tile(p, p.columns, true);
  const weightBytes = frequencyBytes(32 * group * p.columns);
  const inputBytes = frequencyBytes(blocksOf(p.columns) * blockBytes(tiling, tiling.run));
  const productBytes = frequencyBytes(32 * taskTiles * taskBlocks);
  const scratchBytes = Math.max(rowScratch(tiling, p.inWidth), 36 * productBytes + 1280);
  const held = [36 * weightBytes, 36 * inputBytes + tileSlack, scratchBytes * engine.threads];
  const plane = 4 * p.outHeight * p.outWidth;
  withMemory(engine, held, (weights, domain, scratch) => {
    const input: Transform = {
      ...{ kernel: 'winogradInput', from: at.input, to: domain, frequencyBytes: inputBytes },
      ...{ channels: p.columns, height: p.inHeight, width: p.inWidth, padY: p.padY, padX: p.padX },
      ...{ scratch, scratchBytes },
    };
    for (const run of tiling.runs) {
      transform(engine, tiling, run, input);
      for (let first = 0; first < p.rows; first += 8 * group) {
        const rows = Math.min(8 * group, p.rows - first);
        const from = at.weights + first * strides.rowBytes;
        transformWeights(engine, strides, { from, rows, columns: p.columns, to: weights, frequencyBytes: weightBytes });
        const output = at.output + plane * (run.first * p.rows + first);
        engine.run(
          'winogradProducts',
          [
            ...[weights, domain, output, at.bias && at.bias + 4 * first, scratch, scratchBytes],
            ...[run.count, rows, p.columns, p.outHeight, p.outWidth, tiling.rows, tiling.columns],
            ...[taskTiles, taskBlocks, weightBytes, inputBytes, productBytes, blockBytes(tiling, run.count)],
            plane * p.rows,
          ],
          Math.ceil((run.count * tiling.rows * tiling.columns) / taskTiles) * Math.ceil(blocksOf(rows) / taskBlocks),
        );
      }
    }
  });
}
