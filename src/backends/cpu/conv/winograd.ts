import type { Conv2dGeometry } from '../../../tensor/backend.js';
import { type Engine, withMemory } from '../engine.js';
import type { ConvTensors } from './tensors.js';
import {
  blockBytes,
  blocksOf,
  frequencyBytes,
  groupOf,
  type Run,
  rowScratch,
  type Tiling,
  tile,
} from './winograd-tiling.js';

/** Tiles, a multiple of those that kernels compute at a time, and blocks of output channels per task of products. */
const taskTiles = 36;
const taskBlocks = 4;

/** Bytes that kernels may read beyond the tiles of a transformed input. */
const tileSlack = 32 * 6;

/** With fewer tiles, transforming the weights costs more time than the cheaper products save. */
const fewestTiles = 8;

/** Output channels of a task of the weight gradient. */
const taskRows = 32;

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
  const tiling = tile(p, p.columns, group < blocks);
  const weightBytes = frequencyBytes(32 * group * p.columns);
  const inputBytes = frequencyBytes(blocksOf(p.columns) * blockBytes(tiling, tiling.run));
  const productBytes = frequencyBytes(32 * taskTiles * Math.min(taskBlocks, blocks));
  const scratchBytes = Math.max(1088, rowScratch(tiling, p.inWidth), 36 * productBytes + 1280);
  const held = [36 * weightBytes, 36 * inputBytes + tileSlack, scratchBytes * engine.threads];
  const plane = 4 * p.outHeight * p.outWidth;
  withMemory(engine, held, (weights, domain, scratch) => {
    const { rowBytes, columnBytes, turned } = strides;
    const transformWeights = (first: number, rows: number) =>
      engine.run(
        'winogradWeights',
        [
          ...[at.weights + first * rowBytes, weights, scratch, scratchBytes, rows, p.columns],
          ...[rowBytes, columnBytes, turned, weightBytes],
        ],
        blocksOf(rows),
      );
    const input: Transform = {
      ...{ kernel: 'winogradInput', from: at.input, to: domain, frequencyBytes: inputBytes },
      ...{ channels: p.columns, height: p.inHeight, width: p.inWidth, padY: p.padY, padX: p.padX },
      ...{ scratch, scratchBytes },
    };
    for (const run of tiling.runs) {
      transform(engine, tiling, run, input);
      for (let first = 0; first < p.rows; first += 8 * group) {
        const rows = Math.min(8 * group, p.rows - first);
        if (group < blocks || run.first === 0) transformWeights(first, rows);
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

/** `Backend.conv2dWeightGrad` by Winograd: the adjoint of the forward convolution as a function of the weights. */
export function winogradWeightGrad(engine: Engine, x: number, dy: number, dw: number, g: Conv2dGeometry): void {
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
        engine.run('winogradWeightGrad', [sums, to, scratch, scratchBytes, columns, columnBytes, sumBytes], count);
      }
    }
  });
}

/** A transform of a tensor (B, channels, height, width) into the domain in which the products are computed. */
interface Transform {
  readonly kernel: 'winogradInput' | 'winogradGradient';
  /** Pointer to the tensor. */
  readonly from: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly padY: number;
  readonly padX: number;
  /** Pointer to the transformed tensor. */
  readonly to: number;
  readonly frequencyBytes: number;
  readonly scratch: number;
  readonly scratchBytes: number;
}

function transform(engine: Engine, tiling: Tiling, { first, count }: Run, t: Transform): void {
  const { channels, height, width } = t;
  const { rows, columns, taskImages } = tiling;
  const from = t.from + 4 * first * channels * height * width;
  engine.run(
    t.kernel,
    [
      ...[from, t.to, t.scratch, t.scratchBytes, count, channels, height, width],
      ...[rows, columns, t.padY, t.padX, taskImages, t.frequencyBytes, blockBytes(tiling, count)],
    ],
    blocksOf(channels) * Math.ceil(count / taskImages),
  );
}
