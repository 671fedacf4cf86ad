import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../../../src/autograd/create.js';
import { gradOf } from '../../../src/autograd/graph.js';
import { mul, sub } from '../../../src/autograd/ops/math/arithmetic.js';
import { mean, sum } from '../../../src/autograd/ops/math/reduction.js';
import { ShapeError, ValueError } from '../../../src/errors.js';
import { analysis } from '../../../src/optim/index.js';
import { memory } from '../../../src/tensor/memory/storage.js';
import { Generator } from '../../../src/tensor/random.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { close } from '../../helpers/close.js';
import { vector } from '../arbitrary.js';
import { devices, give, parameter, valuesOf } from '../helpers.js';

describe.each(devices)('gradientNoise on %s', (device) => {
  /** Returns the loss sum(p * batch), whose gradient is the batch. */
  const linear = (p: Tensor) => (batch: readonly number[]) => sum(mul(p, tensor([...batch], { device })));

  it('returns the mean and unbiased variance of every element over the minibatches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(vector(3), { minLength: 2, maxLength: 8 }), async (batches) => {
        const p = parameter([1, 2, 3], { device });
        const noise = await analysis.gradientNoise(new Map([['w', p]]), batches, linear(p), { keep: true });
        const n = batches.length;
        const means = [0, 1, 2].map((i) => batches.reduce((total, b) => total + b[i], 0) / n);
        const variances = means.map((m, i) => batches.reduce((total, b) => total + (b[i] - m) ** 2, 0) / (n - 1));
        const [{ name, mean: kept, variance }] = noise.parameters;
        expect([name, noise.batches]).toEqual(['w', n]);
        close(valuesOf(kept as Tensor), means, 1e-5, 1e-6);
        close(valuesOf(variance as Tensor), variances, 1e-5, 1e-5);
        const squares = means.reduce((total, m) => total + m * m, 0);
        const spread = variances.reduce((total, v) => total + v, 0);
        close([noise.meanNorm, noise.totalVariance], [Math.sqrt(squares), spread], 1e-4, 1e-5);
        close([noise.squaredNorm], [squares - spread / n], 1e-4, 1e-4);
        kept?.dispose();
        variance?.dispose();
      }),
      { numRuns: 40 },
    );
  });

  it('sums over parameters, where those without a gradient count as 0', async () => {
    const [a, b] = [parameter([1, 2, 3], { device }), parameter([1], { device })];
    const batches = [
      [1, 2, 3],
      [3, 2, 1],
    ];
    const { parameters, totalVariance, meanNorm } = await analysis.gradientNoise([a, b], batches, linear(a));
    expect(parameters.map(({ name, meanNorm: norm }) => [name, norm])).toEqual([
      ['0', expect.closeTo(Math.sqrt(12), 5)],
      ['1', 0],
    ]);
    close([totalVariance, meanNorm], [4, Math.sqrt(12)], 1e-6);
    expect(parameters[0].mean).toBeNull();
  });

  it('does not change weights, gradients or memory', async () => {
    const p = parameter([1, 2, 3], { device });
    give(p, [7, 8, 9]);
    const before = memory(device);
    const run = (batches: number[][]) => analysis.gradientNoise([p], batches, linear(p));
    await run([
      [1, 2, 3],
      [4, 5, 7],
    ]);
    expect(valuesOf(p)).toEqual([1, 2, 3]);
    expect(valuesOf(gradOf(p) as Tensor)).toEqual([7, 8, 9]);
    expect(memory(device)).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
    await expect(run([[1, 2, 3]])).rejects.toThrow(/^analysis.gradientNoise: expected at least two batches, got 1$/);
    await expect(
      analysis.gradientNoise([p], [1, 2], () => {
        throw new RangeError('no loss');
      }),
    ).rejects.toThrow(RangeError);
    expect(memory(device)).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  it('of averages over B samples has the variance and the noise scale of one sample divided by B', async () => {
    const generator = new Generator(3);
    const p = parameter([0.5, -0.5], { device });
    /** Mean over samples of |x - p|^2 / 2, whose gradient p - x has the variance of x: 1 / 12 per element. */
    const loss = (batch: Float32Array) => {
      const error = sub(tensor(batch, { shape: [batch.length / 2, 2], device }), p);
      return mean(mul(error, error));
    };
    const measure = (batchSize: number) => {
      const batches = Array.from({ length: 400 }, () =>
        Float32Array.from({ length: 2 * batchSize }, () => generator.uniform()),
      );
      return analysis.gradientNoise([p], batches, loss);
    };
    const [one, sixteen] = [await measure(1), await measure(16)];
    close([one.totalVariance], [2 / 12], 0.2);
    close([sixteen.totalVariance], [2 / 12 / 16], 0.2);
    // E grad = p - 1/2 = (0, -1)
    close([one.squaredNorm, sixteen.squaredNorm], [1, 1], 0.1);
    close([16 * sixteen.noiseScale], [2 / 12], 0.25);
  });

  it('accepts batches from an async iterable', async () => {
    const p = parameter([1, 1, 1], { device });
    async function* batches() {
      yield [1, 2, 3];
      yield [3, 2, 1];
    }
    const { batches: n } = await analysis.gradientNoise([p], batches(), linear(p));
    expect(n).toBe(2);
  });

  it('refuses arguments that it cannot measure', async () => {
    const p = parameter([1, 2, 3], { device });
    const of = (params: unknown, batches: unknown, loss: unknown) =>
      analysis.gradientNoise(params as Tensor[], batches as number[][], loss as () => Tensor);
    await expect(of([], [[1]], linear(p))).rejects.toThrow(ValueError);
    await expect(of([p], 3, linear(p))).rejects.toThrow(/expected an iterable of batches, got 3$/);
    await expect(of([p], [1, 2], 3 as never)).rejects.toThrow(/expected a function that returns the loss, got 3$/);
    await expect(of([p], [1, 2], () => p)).rejects.toThrow(ShapeError);
    await expect(of([p], [1, 2], () => 3)).rejects.toThrow(/expected a tensor as loss, got 3$/);
  });
});
