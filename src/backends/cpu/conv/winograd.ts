import type { Conv2dGeometry } from '../../../tensor/backend.js';
import { type Engine, withMemory } from '../engine.js';
import type { ConvTensors } from './tensors.js';
import {
  blocksOf,
  frequencyBytes,
  planeScratch,
  type Run,
  type Tiling,
  taskChannels,
  tile,
} from './winograd-tiling.js';

/** Blocks of 8 tiles and panels of 4 output channels per task: its products take about 150 kB. */
const taskBlocks = 4;
const taskPanels = 8;

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
  const strides = { rowStride: g.inChannels * 9, columnStride: 9, turned: 0 };
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
  const strides = { rowStride: 9, columnStride: g.inChannels * 9, turned: 1 };
  convolve(engine, problem, strides, { input: dy, weights: w, bias: 0, output: dx });
}

interface WeightStrides {
  readonly rowStride: number;
  readonly columnStride: number;
  readonly turned: number;
}

function convolve(engine: Engine, p: Problem, strides: WeightStrides, at: ConvTensors): void {
  const tiling = tile(p, p.columns);
  const panels = Math.ceil(p.rows / 4);
  const scratchBytes = Math.max(planeScratch(tiling), 36 * 32 * taskBlocks * 4 * taskPanels + 640);
  const weightBytes = frequencyBytes(16 * panels * p.columns);
  const inputBytes = frequencyBytes(32 * blocksOf(tiling, tiling.run) * p.columns);
  const blocks = [36 * weightBytes, 36 * inputBytes, scratchBytes * engine.threads];
  withMemory(engine, blocks, (weights, domain, scratch) => {
    const { rowStride, columnStride, turned } = strides;
    engine.run(
      'winogradWeights',
      [at.weights, weights, scratch, scratchBytes, p.rows, p.columns, rowStride, columnStride, turned, weightBytes],
      panels,
    );
    const input: Transform = {
      ...{ kernel: 'winogradInput', from: at.input, to: domain, frequencyBytes: inputBytes, panel: 0 },
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
          ...[p.outHeight, p.outWidth, tiling.rows, tiling.columns, taskBlocks, taskPanels, weightBytes, inputBytes],
        ],
        Math.ceil(blocksOf(tiling, run.count) / taskBlocks) * Math.ceil(panels / taskPanels),
      );
    }
  });
}

/** `Backend.conv2dWeightGrad` by Winograd: the adjoint of the forward convolution as a function of the weights. */
export function winogradWeightGrad(engine: Engine, x: number, dy: number, dw: number, g: Conv2dGeometry): void {
  const [rows, columns] = [g.outChannels, g.inChannels];
  const tiling = tile({ ...g, images: g.batch }, rows + columns);
  const columnStride = 8 * Math.ceil(columns / 8);
  const scratchBytes = planeScratch(tiling);
  const most = blocksOf(tiling, tiling.run);
  const inputBytes = frequencyBytes(32 * most * columnStride);
  const gradientBytes = frequencyBytes(32 * most * 4 * Math.ceil(rows / 4));
  const sumBytes = frequencyBytes(4 * rows * columnStride);
  const held = [36 * inputBytes, 36 * gradientBytes, 36 * sumBytes, scratchBytes * engine.threads];
  withMemory(engine, held, (input, gradient, sums, scratch) => {
    const args = (tiles: number, add: number) => [
      ...[gradient, input, sums, dw, scratch, scratchBytes],
      ...[tiles, rows, columns, columnStride, add, taskRows, gradientBytes, inputBytes, sumBytes],
    ];
    const ofInput: Transform = {
      ...{ kernel: 'winogradInput', from: x, to: input, frequencyBytes: inputBytes, panel: 8 },
      ...{ channels: columns, height: g.inHeight, width: g.inWidth, padY: g.padY, padX: g.padX },
      ...{ scratch, scratchBytes },
    };
    const ofGradient: Transform = {
      ...{ kernel: 'winogradGradient', from: dy, to: gradient, frequencyBytes: gradientBytes, panel: 4 },
      ...{ channels: rows, height: g.outHeight, width: g.outWidth, padY: 0, padX: 0 },
      ...{ scratch, scratchBytes },
    };
    for (const run of tiling.runs) {
      transform(engine, tiling, run, ofInput);
      transform(engine, tiling, run, ofGradient);
      const tiles = 8 * blocksOf(tiling, run.count);
      engine.run('winogradWeightProducts', args(tiles, run.first > 0 ? 1 : 0), 36 * Math.ceil(rows / taskRows));
    }
    engine.run('winogradWeightGrad', args(0, 0), rows);
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
  /** Channels of a panel, or 0 if lanes are tiles. */
  readonly panel: number;
  readonly scratch: number;
  readonly scratchBytes: number;
}

function transform(engine: Engine, { rows, columns, taskImages }: Tiling, { first, count }: Run, t: Transform): void {
  const { channels, height, width } = t;
  const from = t.from + 4 * first * channels * height * width;
  engine.run(
    t.kernel,
    [
      ...[from, t.to, t.scratch, t.scratchBytes, count, channels, height, width],
      ...[rows, columns, t.padY, t.padX, taskChannels, taskImages, t.frequencyBytes, t.panel],
    ],
    Math.ceil(channels / taskChannels) * Math.ceil(count / taskImages),
  );
}
