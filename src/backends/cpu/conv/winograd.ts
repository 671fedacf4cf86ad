import type { Conv2dGeometry } from '../../../tensor/geometry.js';
import { type Engine, withMemory } from '../engine.js';

/** Transformed tensors of a run of images are kept below this, so that they stay in the caches. */
const runBytes = 3 << 19;

/**
 * Channels whose planes one task transforms, and the bytes of those planes if they are of several images. Eight channels
 * fill whole cache lines of the transformed tensor, which two threads must not write to in turns.
 */
const taskChannels = 8;
const taskPlaneBytes = 1 << 15;

/** Blocks of 8 tiles and panels of 4 output channels of one task: its products fill about 150 kB. */
const taskBlocks = 4;
const taskPanels = 8;

/** With fewer tiles, transforming the weights takes longer than multiplying saves. */
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
 * True where F(4x4, 3x3) pays: 3x3 kernels that move by one pixel, with enough channels and tiles to make up for the
 * transforms and planes that fill most of their tiles.
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

/** `Backend.conv2d` by Winograd; `bias` is 0 for none. */
export function winogradConv2d(
  engine: Engine,
  x: number,
  w: number,
  bias: number,
  out: number,
  g: Conv2dGeometry,
): void {
  const problem = { ...g, images: g.batch, rows: g.outChannels, columns: g.inChannels };
  const strides = { rowStride: g.inChannels * 9, columnStride: 9, turned: 0 };
  convolve(engine, problem, strides, { input: x, weights: w, bias, output: out });
}

/** `Backend.conv2dInputGrad` by Winograd: a convolution with turned kernels and the channels exchanged. */
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

/** Pointers of a convolution; a bias of 0 is none. */
interface Pointers {
  readonly input: number;
  readonly weights: number;
  readonly bias: number;
  readonly output: number;
}

function convolve(engine: Engine, p: Problem, strides: WeightStrides, at: Pointers): void {
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
    for (const { first, count } of tiling.runs) {
      const plane = { channels: p.columns, height: p.inHeight, width: p.inWidth, padY: p.padY, padX: p.padX };
      transform(
        engine,
        'winogradInput',
        tiling,
        { first, count },
        plane,
        at.input,
        domain,
        inputBytes,
        scratch,
        scratchBytes,
        0,
      );
      const output = at.output + 4 * first * p.rows * p.outHeight * p.outWidth;
      engine.run(
        'winogradProducts',
        [
          ...[weights, domain, output, at.bias, scratch, scratchBytes, count, p.rows, p.columns],
          ...[p.outHeight, p.outWidth, tiling.rows, tiling.columns, taskBlocks, taskPanels, weightBytes, inputBytes],
        ],
        Math.ceil(blocksOf(tiling, count) / taskBlocks) * Math.ceil(panels / taskPanels),
      );
    }
  });
}

/** `Backend.conv2dWeightGrad` by Winograd: the adjoint of the forward transform in the weights. */
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
    const plane = { channels: columns, height: g.inHeight, width: g.inWidth, padY: g.padY, padX: g.padX };
    const dyPlane = { channels: rows, height: g.outHeight, width: g.outWidth, padY: 0, padX: 0 };
    for (const part of tiling.runs) {
      transform(engine, 'winogradInput', tiling, part, plane, x, input, inputBytes, scratch, scratchBytes, 8);
      transform(
        engine,
        'winogradGradient',
        tiling,
        part,
        dyPlane,
        dy,
        gradient,
        gradientBytes,
        scratch,
        scratchBytes,
        4,
      );
      const add = part.first > 0 ? 1 : 0;
      engine.run(
        'winogradWeightProducts',
        args(8 * blocksOf(tiling, part.count), add),
        36 * Math.ceil(rows / taskRows),
      );
    }
    engine.run('winogradWeightGrad', args(0, 0), rows);
  });
}

/** Images of one tensor. */
interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly padY: number;
  readonly padX: number;
}

/** Some consecutive images. */
interface Run {
  readonly first: number;
  readonly count: number;
}

function transform(
  engine: Engine,
  kernel: 'winogradInput' | 'winogradGradient',
  { rows, columns, taskImages }: Tiling,
  { first, count }: Run,
  { channels, height, width, padY, padX }: Planes,
  images: number,
  domain: number,
  domainBytes: number,
  scratch: number,
  scratchBytes: number,
  panel: number,
): void {
  const from = images + 4 * first * channels * height * width;
  engine.run(
    kernel,
    [
      ...[from, domain, scratch, scratchBytes, count, channels, height, width],
      ...[rows, columns, padY, padX, taskChannels, taskImages, domainBytes, panel],
    ],
    Math.ceil(channels / taskChannels) * Math.ceil(count / taskImages),
  );
}

/** How outputs are cut into tiles, and the batch into runs of images. */
interface Tiling {
  /** Rows and columns of tiles in an image. */
  readonly rows: number;
  readonly columns: number;
  /** Most images of a run. */
  readonly run: number;
  readonly runs: readonly Run[];
  /** Images of one task of a transform; their tiles fill whole blocks of 8. */
  readonly taskImages: number;
}

function tile(p: Pick<Problem, 'images' | 'outHeight' | 'outWidth'>, channels: number): Tiling {
  const [rows, columns] = [Math.ceil(p.outHeight / 4), Math.ceil(p.outWidth / 4)];
  const tiles = rows * columns;
  const wholeBlocks = tiles % 8 === 0 ? 1 : tiles % 4 === 0 ? 2 : tiles % 2 === 0 ? 4 : 8;
  const planes = planeBytes(rows, columns) * taskChannels * wholeBlocks;
  const taskImages = wholeBlocks * Math.max(1, Math.floor(taskPlaneBytes / planes));
  const fitting = Math.floor(runBytes / (36 * 4 * tiles * channels));
  const run = Math.min(p.images, Math.max(wholeBlocks, fitting - (fitting % wholeBlocks)));
  const runs: Run[] = [];
  for (let first = 0; first < p.images; first += run) runs.push({ first, count: Math.min(run, p.images - first) });
  return { rows, columns, run, runs, taskImages: Math.min(taskImages, run) };
}

function blocksOf({ rows, columns }: Tiling, images: number): number {
  return Math.ceil((images * rows * columns) / 8);
}

/**
 * Bytes from one frequency to the next, at least `bytes`: 36 frequencies are written in turn, and at a multiple of 4096
 * bytes they would all compete for the same few lines of the first-level cache.
 */
function frequencyBytes(bytes: number): number {
  const lines = Math.ceil(bytes / 64);
  return 64 * (lines + ((5 - lines) & 63));
}

function planeBytes(rows: number, columns: number): number {
  return 4 * (4 * columns + 4) * (4 * rows + 2);
}

/** Scratch of the transforms: padded planes, one of zeros, and intermediate vectors. */
function planeScratch({ rows, columns, taskImages }: Tiling): number {
  const bytes = planeBytes(rows, columns) * (taskImages * taskChannels + 1) + 16 * (40 + 36 * taskChannels);
  return Math.ceil(bytes / 64) * 64;
}
