import fc from 'fast-check';
import type { Pool2dGeometry } from '../../../src/tensor/backend.js';
import { pool2dGeometry } from '../../../src/tensor/geometry.js';
import { seeds, stream, type Values } from '../../helpers/arbitraries.js';
import { type Calls, call, garbage, given, type Host } from './call.js';

/** Shapes of a pooling together with its geometry. */
export interface Pool2dCase {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly g: Pool2dGeometry;
  readonly seed: number;
}

const upTo = (max: number, min = 1) => fc.integer({ min, max });
const two = <T>(one: fc.Arbitrary<T>) => fc.tuple(one, one);

const anyWindows = fc.record({
  kernel: fc.oneof(two(upTo(4)), fc.constant<[number, number]>([2, 2]), fc.constant<[number, number]>([3, 3])),
  stride: two(upTo(4)),
  padded: two(fc.boolean()),
});

/** The most common windows, which kernels may compute in a special way. */
const pairs: typeof anyWindows = fc.constant({ kernel: [2, 2], stride: [2, 2], padded: [false, false] });

/** Pooling whose windows overlap, leave gaps, or extend into the padding or beyond it; sometimes without images. */
export function pool2dCases(size: number): fc.Arbitrary<Pool2dCase> {
  return fc
    .record({
      batch: fc.oneof({ weight: 9, arbitrary: upTo(3) }, { weight: 1, arbitrary: fc.constant(0) }),
      channels: upTo(Math.ceil(Math.sqrt(size) / 3)),
      windows: fc.oneof({ weight: 3, arbitrary: anyWindows }, { weight: 1, arbitrary: pairs }),
      ceilMode: fc.boolean(),
      spare: two(upTo(12, 0)),
      seed: seeds,
    })
    .map(({ batch, channels, windows: { kernel, stride, padded }, ceilMode, spare, seed }) => {
      const padding = [0, 1].map((i) => (padded[i] ? Math.floor(kernel[i] / 2) : 0)) as [number, number];
      const [height, width] = [0, 1].map((i) => Math.max(1, kernel[i] - 2 * padding[i] + spare[i]));
      const x = [batch, channels, height, width];
      const g = pool2dGeometry('pool', x, kernel, { stride, padding, ceilMode });
      return { x, y: [batch, channels, g.outHeight, g.outWidth], g, seed };
    });
}

function options(g: Pool2dGeometry): string {
  return `kernel (${g.kernelHeight}, ${g.kernelWidth}), stride (${g.strideY}, ${g.strideX}), padding (${g.padY}, ${g.padX})`;
}

const maxPool: Calls = (size) =>
  fc
    .tuple(pool2dCases(size), fc.constantFrom<Values>('unit', 'halves', 'special'))
    .map(([{ x, y, g, seed }, kind]) =>
      call(
        `maxPool2d ${options(g)} of ${kind} values`,
        { x: given(x, 'float32', seed, kind), out: garbage(y), indices: garbage(y, 'int32') },
        ['out', 'indices'],
        (backend, { x, out, indices }) => backend.maxPool2d(x, out, indices, g),
        { rtol: 0, atol: 0 },
      ),
    );

/** For each window, the index of some element inside the image, as maxPool2d would return it. */
function winners(y: readonly number[], g: Pool2dGeometry, seed: number): Host {
  const next = stream(seed);
  const pick = (out: number, stride: number, pad: number, kernel: number, length: number) => {
    const first = Math.max(0, out * stride - pad);
    const last = Math.min(length, out * stride - pad + kernel) - 1;
    return first + Math.floor(next() * (last - first + 1));
  };
  const plane = g.outHeight * g.outWidth;
  const values = Float64Array.from({ length: g.planes * plane }, (_, i) => {
    const row = pick(Math.floor((i % plane) / g.outWidth), g.strideY, g.padY, g.kernelHeight, g.inHeight);
    const column = pick(i % g.outWidth, g.strideX, g.padX, g.kernelWidth, g.inWidth);
    return row * g.inWidth + column;
  });
  return { shape: y, dtype: 'int32', values };
}

const maxPoolGrad: Calls = (size) =>
  pool2dCases(size).map(({ x, y, g, seed }) =>
    call(
      `maxPool2dGrad ${options(g)}`,
      { dy: given(y, 'float32', seed), indices: winners(y, g, seed), dx: garbage(x) },
      ['dx'],
      (backend, { dy, indices, dx }) => backend.maxPool2dGrad(dy, indices, dx, g),
    ),
  );

const avgPool: Calls = (size) =>
  pool2dCases(size).map(({ x, y, g, seed }) =>
    call(
      `avgPool2d ${options(g)}`,
      { x: given(x, 'float32', seed, 'unit'), out: garbage(y) },
      ['out'],
      (backend, { x, out }) => backend.avgPool2d(x, out, g),
    ),
  );

const avgPoolGrad: Calls = (size) =>
  pool2dCases(size).map(({ x, y, g, seed }) =>
    call(
      `avgPool2dGrad ${options(g)}`,
      { dy: given(y, 'float32', seed, 'unit'), dx: garbage(x) },
      ['dx'],
      (backend, { dy, dx }) => backend.avgPool2dGrad(dy, dx, g),
    ),
  );

/** Pooling and its gradients. */
export const pool2dCalls: Readonly<Record<string, Calls>> = {
  maxPool2d: maxPool,
  maxPool2dGrad: maxPoolGrad,
  avgPool2d: avgPool,
  avgPool2dGrad: avgPoolGrad,
};
