import '../helpers/reference.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backward } from '../../src/autograd/backward.js';
import { tensor, zeros } from '../../src/autograd/create.js';
import { gradOf, requiresGrad } from '../../src/autograd/graph.js';
import { noGrad } from '../../src/autograd/mode.js';
import { relu } from '../../src/autograd/ops/math/activation.js';
import { add, mul } from '../../src/autograd/ops/math/arithmetic.js';
import { sum } from '../../src/autograd/ops/math/reduction.js';
import { batchNorm } from '../../src/autograd/ops/nn/batch-norm.js';
import { randn } from '../../src/autograd/random.js';
import { ShapeError, ValueError } from '../../src/errors.js';
import { BatchNorm1d, BatchNorm2d } from '../../src/nn/layers/batch-norm.js';
import { scope } from '../../src/tensor/memory/scope.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { manualSeed } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { close } from '../helpers/close.js';

const values = (t: Tensor | null): number[] => [...t!.dataSync()];

/** Mean, biased and unbiased variance of each channel of x (B, C, ...), by definition. */
function statistics(x: Tensor) {
  const [batch, channels] = x.shape;
  const inner = x.size / batch / channels;
  const data = x.dataSync();
  return Array.from({ length: channels }, (_, c) => {
    const of = Array.from(data).filter((_, i) => Math.floor(i / inner) % channels === c);
    const mean = of.reduce((a, b) => a + b, 0) / of.length;
    const squares = of.reduce((a, b) => a + (b - mean) ** 2, 0);
    return { mean, biased: squares / of.length, unbiased: squares / (of.length - 1) };
  });
}

const inputs = fc
  .record({
    b: fc.integer({ min: 2, max: 5 }),
    c: fc.integer({ min: 1, max: 4 }),
    h: fc.integer({ min: 1, max: 4 }),
    w: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(999),
  })
  .map(({ b, c, h, w, seed }) => () => {
    manualSeed(seed);
    return [randn([b, c, h, w]), randn([b + 1, c, h, w])];
  });

describe('batch normalisation', () => {
  it('keeps exponential averages of the mean and the unbiased variance', () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0, max: 1, noNaN: true }), (make, momentum) => {
        const batches = make();
        const norm = new BatchNorm2d(batches[0].shape[1], { momentum });
        const mean = statistics(batches[0]).map(() => 0);
        const variance = mean.map(() => 1);
        for (const x of batches) {
          norm.forward(x);
          statistics(x).forEach((s, c) => {
            mean[c] = (1 - momentum) * mean[c] + momentum * s.mean;
            variance[c] = (1 - momentum) * variance[c] + momentum * s.unbiased;
          });
        }
        close(values(norm.runningMean), mean, 1e-9, 1e-12);
        close(values(norm.runningVar), variance, 1e-9, 1e-12);
        expect(values(norm.numBatchesTracked)).toEqual([2]);
      }),
    );
  });

  it('weights all batches equally without momentum', () => {
    fc.assert(
      fc.property(inputs, (make) => {
        const batches = make();
        const norm = new BatchNorm2d(batches[0].shape[1], { momentum: null });
        for (const x of batches) norm.forward(x);
        const [a, b] = batches.map(statistics);
        close(
          values(norm.runningMean),
          a.map((s, c) => (s.mean + b[c].mean) / 2),
          1e-9,
          1e-12,
        );
        close(
          values(norm.runningVar),
          a.map((s, c) => (s.unbiased + b[c].unbiased) / 2),
          1e-9,
          1e-12,
        );
      }),
    );
  });

  it('normalises with the batch in training and with the running averages in evaluation', () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 1e-6, max: 0.1, noNaN: true }), (make, eps) => {
        const [x] = make();
        const norm = new BatchNorm2d(x.shape[1], { eps });
        norm.weight?.assign(randn(norm.weight.shape));
        norm.bias?.assign(randn(norm.bias.shape));
        const inner = x.size / x.shape[0] / x.shape[1];
        const normalised = (mean: number[], variance: number[]) =>
          Array.from(x.dataSync(), (v, i) => {
            const c = Math.floor(i / inner) % x.shape[1];
            return ((v - mean[c]) / Math.sqrt(variance[c] + eps)) * values(norm.weight)[c] + values(norm.bias)[c];
          });
        const found = statistics(x);
        const y = norm.forward(x);
        close(
          y.dataSync(),
          normalised(
            found.map((s) => s.mean),
            found.map((s) => s.biased),
          ),
          1e-7,
          1e-9,
        );
        norm.eval();
        const before = [norm.runningMean, norm.runningVar, norm.numBatchesTracked].map(values);
        close(norm.forward(x).dataSync(), normalised(before[0], before[1]), 1e-9, 1e-9);
        expect([norm.runningMean, norm.runningVar, norm.numBatchesTracked].map(values)).toEqual(before);
      }),
    );
  });

  it('uses the batch in evaluation too if nothing is tracked', () => {
    const x = randn([4, 3, 2, 2]);
    const norm = new BatchNorm2d(3, { trackRunningStats: false });
    expect([norm.runningMean, norm.runningVar, norm.numBatchesTracked]).toEqual([null, null, null]);
    const trained = values(norm.forward(x));
    expect(values(norm.eval().forward(x))).toEqual(trained);
  });

  it('accepts vectors and sequences in one dimension', () => {
    const norm = new BatchNorm1d(3);
    const x = randn([4, 3]);
    norm.forward(x);
    close(
      values(norm.runningMean),
      statistics(x).map((s) => 0.1 * s.mean),
      1e-9,
      1e-12,
    );
    expect(norm.forward(randn([2, 3, 5])).shape).toEqual([2, 3, 5]);
  });

  it('keeps the running averages out of the graph and in place', () => {
    const norm = new BatchNorm2d(2);
    const buffers = [norm.runningMean, norm.runningVar, norm.numBatchesTracked];
    const x = randn([3, 2, 2, 2], { requiresGrad: true });
    scope(() => {
      norm.forward(x);
      const y = norm.forward(x);
      backward(sum(mul(y, y)));
    });
    expect(buffers.some((t) => requiresGrad(t!))).toBe(false);
    expect([norm.runningMean, norm.runningVar, norm.numBatchesTracked]).toEqual(buffers);
    expect(buffers.map((t) => t?.released)).toEqual([false, false, false]);
    expect([gradOf(x), gradOf(norm.weight!), gradOf(norm.bias!)].every((g) => g !== null)).toBe(true);
    expect(values(norm.numBatchesTracked)).toEqual([2]);
    noGrad(() => norm.forward(x));
    expect(values(norm.numBatchesTracked)).toEqual([3]);
  });

  it('adds a residual and applies relu if asked to, and knows no other options', () => {
    const norm = new BatchNorm2d(2);
    const [x, residual] = [randn([3, 2, 2, 2]), randn([3, 2, 2, 2])];
    for (const training of [true, false]) {
      norm.train(training);
      const expected = relu(add(norm.forward(x), residual));
      expect(values(norm.forward(x, { residual, relu: true }))).toEqual(values(expected));
      expect(values(norm.forward(x, { relu: true }))).toEqual(values(relu(norm.forward(x))));
    }
    expect(() => norm.forward(x, { Relu: true } as object)).toThrow(/expected options among .*, got 'Relu'/);
    expect(() => norm.forward(x, { residual: randn([2]) })).toThrow('batchNorm: expected residual (3, 2, 2, 2)');
  });

  it('leaks no memory, inside a scope or outside', () => {
    const norm = new BatchNorm2d(4);
    const x = randn([2, 4, 3, 3]);
    const before = memory();
    scope(() => {
      norm.forward(x);
    });
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().tensors).toBe(before.tensors);
  });

  it('rejects inputs that do not fit, and does not count them', () => {
    const norm = new BatchNorm2d(3);
    const wanted = 'BatchNorm2d: expected input (B, C, H, W) with C = 3, got';
    expect(() => norm.forward(randn([2, 4, 2, 2]))).toThrow(new ShapeError(`${wanted} (2, 4, 2, 2)`));
    expect(() => norm.forward(randn([2, 3]))).toThrow(new ShapeError(`${wanted} (2, 3)`));
    expect(() => norm.forward(randn([1, 3, 1, 1]))).toThrow(ShapeError);
    expect(() => norm.forward(zeros([0, 3, 1, 1]))).toThrow(ShapeError);
    expect(() => new BatchNorm1d(3).forward(randn([2, 3, 2, 2]))).toThrow(/\(B, C\) or \(B, C, L\)/);
    expect(values(norm.numBatchesTracked)).toEqual([0]);
    expect(norm.eval().forward(randn([1, 3, 1, 1])).shape).toEqual([1, 3, 1, 1]);
  });
});

describe('functional.batchNorm', () => {
  it('accepts running averages, weight and bias in the order of PyTorch', () => {
    const x = tensor([
      [1, 10],
      [3, 30],
    ]);
    const mean = tensor([1, 2]);
    const variance = tensor([4, 16]);
    const y = batchNorm(x, mean, variance, tensor([2, 1]), tensor([0, 5]), { eps: 0 });
    close(values(y), [0, 7, 2, 12], 1e-12, 1e-12);
    expect(values(mean)).toEqual([1, 2]);
    batchNorm(x, mean, variance, null, null, { training: true, momentum: 0.5 });
    close(values(mean), [1.5, 11], 1e-12, 1e-12);
    close(values(variance), [3, 108], 1e-12, 1e-12);
    close(values(batchNorm(x, null, null, null, null, { eps: 0 })), [-1, -1, 1, 1], 1e-12, 1e-12);
  });

  it('rejects one average without the other, and equal weighting without a count', () => {
    const x = randn([4, 2]);
    expect(() => batchNorm(x, zeros([2]), null)).toThrow(ValueError);
    expect(() => batchNorm(x, null, null, null, null, { momentum: null })).toThrow(ValueError);
  });
});
