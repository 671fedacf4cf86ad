import type { Engine } from '../engine.js';
import { blockBytes, blocksOf, type Run, type Tiling } from './winograd-tiling.js';

/** A transform of a tensor (B, channels, height, width) into the domain in which the products are computed. */
export interface Transform {
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

/** Computes a transform for a run of images. */
export function transform(engine: Engine, tiling: Tiling, { first, count }: Run, t: Transform): void {
  const { channels, height, width } = t;
  const { rows, columns, taskImages } = tiling;
  const from = t.from + 4 * first * channels * height * width;
  engine.run(
    t.kernel,
    [
      ...[from, t.to, t.scratch, t.scratchBytes, count, channels, height, width],
      ...[rows, columns, t.padY, t.padX, taskImages * rows, t.frequencyBytes, blockBytes(tiling, count)],
    ],
    blocksOf(channels) * Math.ceil(count / taskImages),
  );
}
