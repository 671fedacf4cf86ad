import type { Conv2dGeometry } from '../../../tensor/backend.js';
import { type Engine, withMemory } from '../engine.js';
import type { ConvTensors } from './tensors.js';
import { blockBytes, blocksOf, frequencyBytes, type Run, rowScratch, type Tiling, tile } from './winograd-tiling.js';

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
  const tiling = tile(p, p.columns);
  const blocks = blocksOf(p.rows);
  const weightBytes = frequencyBytes(32 * blocks * p.columns);
  const inputBytes = frequencyBytes(blocksOf(p.columns) * blockBytes(tiling, tiling.run));
  const productBytes = frequencyBytes(32 * taskTiles * Math.min(taskBlocks, blocks));
  const scratchBytes = Math.max(1088, rowScratch(tiling, p.inWidth), 36 * productBytes + 1280);
  const held = [36 * weightBytes, 36 * inputBytes + tileSlack, scratchBytes * engine.threads];
  withMemory(engine, held, (weights, domain, scratch) => {
    const { rowBytes, columnBytes, turned } = strides;
    engine.run(
      'winogradWeights',
      [at.weights, weights, scratch, scratchBytes, p.rows, p.columns, rowBytes, columnBytes, turned, weightBytes],
      blocks,
    );
    const input: Transform = {
      ...{ kernel: 'winogradInput', from: at.input, to: domain, frequencyBytes: inputBytes },
      ...{ channels: p.columns, height: p.inHeight, width: p.inWidth, padY: p.padY, padX: p.padX },
      ...{ scratch, scratchBytes },
    };
    for (const run of tiling.runs) {
      transform(engine, tiling, run, input);
      const output = at.output + 4 * run.first * p.rows * p.outHeight * p.outWidth;
      engine.run(
        'winogradProducts',
        [
          ...[weights, domain, output, at.bias, scratch, scratchBytes, run.count, p.rows, p.columns],
          ...[p.outHeight, p.outWidth, tiling.rows, tiling.columns, taskTiles, taskBlocks],
          ...[weightBytes, inputBytes, productBytes, blockBytes(tiling, run.count)],
        ],
        Math.ceil((run.count * tiling.rows * tiling.columns) / taskTiles) * Math.ceil(blocks / taskBlocks),
      );
    }
  });
}

/** `Backend.conv2dWeightGrad` by Winograd: the adjoint of the forward convolution as a function of the weights. */
export function winogradWeightGrad(engine: Engine, x: number, dy: number, dw: number, g: Conv2dGeometry): void {
  const [rows, columns] = [g.outChannels, g.inChannels];
  const tiling = tile({ ...g, images: g.batch }, rows + columns);
  const columnBytes = 32 * blocksOf(columns);
  const scratchBytes = Math.max(896, rowScratch(tiling, Math.max(g.inWidth, g.outWidth)));
  const most = blockBytes(tiling, tiling.run);
  const inputBytes = frequencyBytes(blocksOf(columns) * most);
  const gradientBytes = frequencyBytes(blocksOf(rows) * most);
  const sumBytes = frequencyBytes(rows * columnBytes);
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
      engine.run(
        'winogradWeightProducts',
        [
          ...[gradient, input, sums, run.count * tiling.rows * tiling.columns, rows, columns, columnBytes],
          ...[run.first > 0 ? 1 : 0, taskRows, gradientBytes, inputBytes, sumBytes, blockBytes(tiling, run.count)],
        ],
        36 * Math.ceil(rows / taskRows),
      );
    }
    engine.run('winogradWeightGrad', [sums, dw, scratch, scratchBytes, columns, columnBytes, sumBytes], rows);
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
