import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeBatch } from '../../src/autograd/ops/nn/batch-statistics.js';
import * as a from '../../src/index.js';
import { close } from '../helpers/close.js';
import { type Checked, differentiates, input } from './checks.js';

const between = (min: number, max: number) => fc.integer({ min, max });

/** Inputs (B, C, ...) with at least 2 values in each channel. */
const channelled = fc
  .tuple(between(1, 4), between(1, 3), fc.array(between(1, 3), { maxLength: 2 }))
  .map(([batch, channels, rest]) => [rest.reduce((m, n) => m * n, batch) < 2 ? 2 : batch, channels, ...rest]);

const affine = fc.record({ weight: fc.boolean(), bias: fc.boolean() });

/** Inserts null for an omitted weight or bias. */
function chosen(t: readonly a.Tensor[], { weight, bias }: { weight: boolean; bias: boolean }): (a.Tensor | null)[] {
  return [weight ? t[0] : null, bias ? t[weight ? 1 : 0] : null];
}

const plain = { weight: null, bias: null, eps: 1e-5 };

describe('batchNorm', () => {
  differentiates(
    'batchNorm',
    fc.tuple(channelled, affine).map(
      ([shape, which]): Checked => ({
        shapes: [shape, ...[which.weight, which.bias].filter(Boolean).map(() => [shape[1]])],
        f: (x, ...rest) => {
          const [w, b] = chosen(rest, which);
          return a.batchNorm(x, null, null, w, b, { eps: 0.1 });
        },
      }),
    ),
  );
  differentiates(
    'batchNorm with running averages, also with respect to these',
    channelled.map((shape): Checked => {
      const c = [shape[1]];
      return {
        shapes: [shape, c, c, c, c],
        f: (x, w, b, mean, variance) => a.batchNorm(x, mean, variance, w, b, { eps: 0.1 }),
        kinds: ['apart', 'apart', 'apart', 'apart', 'positive'],
      };
    }),
  );

  it('returns the mean, the biased variance and the number of values of each channel', () => {
    fc.assert(
      fc.property(channelled, (shape) => {
        const x = input(shape, 1, 'wide');
        const { mean, variance, count } = normalizeBatch(x, plain);
        const axes = shape.map((_, axis) => axis).filter((axis) => axis !== 1);
        expect([mean.shape, variance.shape]).toEqual([[shape[1]], [shape[1]]]);
        close(mean.dataSync(), a.mean(x, axes).dataSync(), 1e-12, 1e-12);
        close(variance.dataSync(), a.variance(x, axes, { correction: 0 }).dataSync(), 1e-10, 1e-12);
        expect(count * shape[1]).toBe(x.size);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps its precision on cpu if the mean is far larger than the deviation', () => {
    const x = a.add(a.randn([64, 3, 16, 16], { device: 'cpu', generator: new a.Generator(1) }), 1000);
    const values = a.tensor(x.dataSync(), { shape: x.shape });
    const { variance } = normalizeBatch(x, plain);
    close(variance.dataSync(), a.variance(values, [0, 2, 3], { correction: 0 }).dataSync(), 1e-5, 0);
  });

  it('is exact for a channel of equal values', () => {
    const y = normalizeBatch(a.full([4, 2, 3, 3], 1e6 + 0.1), { ...plain, bias: a.tensor([3, 4]) });
    expect(Array.from(y.variance.dataSync())).toEqual([0, 0]);
    expect(new Set(y.y.dataSync())).toEqual(new Set([3, 4]));
  });

  it('does not carry gradients to its statistics', () => {
    const x = a.rand([4, 2], { requiresGrad: true });
    const { y, mean, variance } = normalizeBatch(x, plain);
    expect([y, mean, variance].map((t) => t.requiresGrad)).toEqual([true, false, false]);
  });

  it('says which shapes fit', () => {
    const f =
      (shape: number[], w: number[] | null = null) =>
      () =>
        a.batchNorm(a.zeros(shape), null, null, w && a.zeros(w));
    expect(f([3])).toThrow('batchNorm: expected input (B, C, ...), got (3)');
    expect(f([1, 3])).toThrow('batchNorm: expected at least 2 values per channel to train on, got (1, 3)');
    expect(f([0, 3, 2, 2])).toThrow('batchNorm: expected at least 2 values per channel to train on, got (0, 3, 2, 2)');
    expect(f([2, 3], [2])).toThrow('batchNorm: expected weight (3), got (2)');
    const run = (mean: a.Tensor) => () => a.batchNorm(a.zeros([2, 3]), mean, a.ones([3]));
    expect(run(a.zeros([4]))).toThrow('batchNorm: expected mean (3), got (4)');
    expect(run(a.zeros([3], { dtype: 'int32' }))).toThrow('batchNorm: expected float32, got int32');
  });
});

describe('layerNorm', () => {
  const normalised = fc.tuple(
    fc.array(between(0, 3), { maxLength: 2 }),
    fc.array(between(1, 4), { minLength: 1, maxLength: 2 }),
  );
  differentiates(
    'layerNorm',
    fc.tuple(normalised, affine).map(
      ([[lead, shape], which]): Checked => ({
        shapes: [[...lead, ...shape], ...[which.weight, which.bias].filter(Boolean).map(() => shape)],
        f: (x, ...rest) => {
          const [w, b] = chosen(rest, which);
          return a.layerNorm(x, shape, w, b, 0.1);
        },
      }),
    ),
  );

  it('says which shapes fit', () => {
    const x = a.zeros([2, 3]);
    expect(() => a.layerNorm(x, [2])).toThrow('layerNorm: expected input (..., 2), got (2, 3)');
    expect(() => a.layerNorm(x, [])).toThrow('layerNorm: expected');
    expect(() => a.layerNorm(x, [1, 2, 3])).toThrow('layerNorm: expected input (..., 1, 2, 3), got (2, 3)');
    expect(() => a.layerNorm(x, [3], a.ones([2]))).toThrow('layerNorm: expected weight (3), got (2)');
    expect(() => a.layerNorm(a.zeros([2, 0]), [0])).toThrow('layerNorm: expected');
  });
});
