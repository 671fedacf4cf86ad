import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GpuBackend } from '../../src/backends/gpu/backend.js';
import { startRuntime } from '../../src/backends/gpu/device/runtime.js';
import { loadLibrary } from '../../src/backends/gpu/device/start.js';
import * as a from '../../src/index.js';
import { registerBackend } from '../../src/tensor/device.js';
import { product, seeds, stream } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';
import { type Checked, differentiates } from './checks.js';
import { devices } from './devices.js';

const between = (min: number, max: number) => fc.integer({ min, max });

/** Inputs (B, C, ...) with at least 2 values in each channel. */
const channelled = (longest: number) =>
  fc
    .tuple(between(2, 4), between(1, 3), fc.array(between(1, longest), { maxLength: 2 }))
    .map(([batch, channels, rest]) => [batch, channels, ...rest]);

/** 1 and -1 in turn within each channel of x (B, C, ...). */
function signs(shape: readonly number[], device: string): a.Tensor {
  const [batch, channels, ...rest] = shape;
  const inner = product(rest);
  const values = Array.from({ length: batch * channels * inner }, (_, i) => {
    const place = Math.floor(i / inner / channels) * inner + (i % inner);
    return place % 2 === 0 ? 1 : -1;
  });
  return a.tensor(values, { shape, device });
}

type Mode = 'training' | 'evaluation';

/** Batch normalisation of inputs whose results are far from 0, where the derivative of relu jumps. */
function farFromKinks(mode: Mode) {
  return fc.tuple(channelled(3), fc.boolean()).map(([shape, added]): Checked => {
    const c = [shape[1]];
    return {
      shapes: [shape, c, c, ...(added ? [shape] : [])],
      f: (x, w, b, r) => {
        const away = a.mul(signs(shape, x.device), 10);
        const running = mode === 'training' ? null : a.zeros(c, { device: x.device });
        const residual = r && a.add(r, away);
        const [weight, bias] = [a.add(a.mul(w, 0.3), 1), a.mul(b, 0.1)];
        const variance = running && a.ones(c, { device: x.device });
        return a.batchNorm(a.add(x, away), running, variance, weight, bias, { eps: 0.1, residual, relu: true });
      },
    };
  });
}

/** Values in (-2, 2), some of them special. */
function numbers(size: number, seed: number, special: readonly number[]): Float64Array {
  const next = stream(seed);
  return Float64Array.from({ length: size }, () => {
    const value = 4 * next() - 2;
    return next() < 0.05 && special.length > 0 ? special[Math.floor(next() * special.length)] : Math.fround(value);
  });
}

/** One normalisation with an epilogue. */
const cases = fc.record({
  shape: channelled(40),
  seed: seeds,
  mode: fc.constantFrom<Mode>('training', 'evaluation'),
  relu: fc.boolean(),
  added: fc.boolean(),
  /** Weight and bias are 0, so that all results are 0 without a residual. */
  flat: fc.boolean(),
  special: fc.constantFrom([], [0, -0], [0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-38]),
  needs: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** The result, the gradients of the inputs that need one, and the running averages. */
function outcomes(device: string, { shape, seed, mode, relu, added, flat, special, needs }: Case, fused: boolean) {
  const c = [shape[1]];
  const make = (size: readonly number[], place: number, kinds: readonly number[] = []) =>
    a.tensor(numbers(product(size), seed + place, kinds), { shape: size, device, requiresGrad: needs[place] });
  const x = make(shape, 0, special);
  const [w, b] = flat
    ? [1, 2].map((place) => a.zeros(c, { device, requiresGrad: needs[place] }))
    : [make(c, 1), make(c, 2)];
  const training = mode === 'training';
  const mean = a.tensor(numbers(c[0], seed + 3, []), { device, requiresGrad: needs[3] && !training });
  const variance = a.full(c, 0.7, { device, requiresGrad: needs[4] && !training });
  const r = added ? make(shape, 5, special) : null;
  const norm = (options: object) => a.batchNorm(x, mean, variance, w, b, { training, ...options });
  let y: a.Tensor;
  if (fused) y = norm({ residual: r, relu });
  else {
    const sum = r ? a.add(norm({}), r) : norm({});
    y = relu ? a.relu(sum) : sum;
  }
  const dy = a.tensor(numbers(y.size, seed + 9, special), { shape, device });
  // twice, so that the graph is also kept
  if (y.requiresGrad) for (const retainGraph of [true, false]) y.backward(dy, { retainGraph });
  const gradients = [x, w, b, mean, variance, r].map((t) => t?.grad ?? null);
  return [y, mean, variance, ...gradients].map((t) => t && Array.from(t.dataSync()));
}

describe('batchNorm with an epilogue', () => {
  for (const mode of ['training', 'evaluation'] as const) {
    differentiates(`relu(batchNorm(x) + residual) in ${mode}`, farFromKinks(mode));
  }

  it.each(devices)('has the bits of separate operations on %s', (device) => {
    fc.assert(
      fc.property(cases, (given) => {
        const [fused, separate] = [true, false].map((which) => a.scope(() => outcomes(device, given, which)));
        expect(fused).toEqual(separate);
      }),
      { numRuns: 150 },
    );
  });

  it('computes the same where kernels read few tensors', async () => {
    const runtime = { ...(await startRuntime(new (await loadLibrary()).GPU({ mode: 'cpu' }), 'cpu')), maxInputs: 7 };
    registerBackend('gpu:few', () => new GpuBackend('gpu:few', runtime));
    await a.setDevice('gpu:few');
    const found = await Promise.all(
      ['gpu:few', 'reference'].map(async (device) => {
        const [x, w, b] = [[4, 3, 5], [3], [3]].map((shape, place) =>
          a.tensor(numbers(product(shape), 7 + place, []), { shape, device, requiresGrad: true }),
        );
        const y = a.batchNorm(x, null, null, w, b, { relu: true });
        y.backward(a.tensor(numbers(60, 3, []), { shape: y.shape, device }));
        return Promise.all([y, x.grad, w.grad, b.grad].map(async (t) => [...(await (t as a.Tensor).data())]));
      }),
    );
    await a.setDevice('reference');
    found[0].forEach((values, i) => {
      close(values, found[1][i], 1e-4, 1e-5);
    });
  });

  it('keeps two tensors fewer for backward than separate operations', () => {
    const kept = (f: (x: a.Tensor) => a.Tensor) =>
      a.scope(() => {
        const x = a.rand([8, 3, 6, 6], { requiresGrad: true });
        const before = a.memory().bytes;
        f(x);
        return a.memory().bytes - before;
      });
    const fused = kept((x) => a.batchNorm(x, null, null, null, null, { residual: x, relu: true }));
    const separate = kept((x) => a.relu(a.add(a.batchNorm(x, null, null), x)));
    expect(separate - fused).toBe(2 * 4 * 8 * 3 * 6 * 6);
  });

  it('does not differentiate at a result that was changed in place', () => {
    const x = a.rand([4, 2], { requiresGrad: true });
    const y = a.batchNorm(x, null, null, null, null, { residual: a.rand([4, 2]), relu: true });
    a.noGrad(() => new a.Parameter(y).assign(a.zeros([4, 2])));
    expect(() => a.sum(y).backward()).toThrow('batchNorm: expected the batchNorm (4, 2) that its gradient needs');
  });

  it('says which residuals fit, before it changes the running averages', () => {
    const [mean, variance] = [a.zeros([2]), a.ones([2])];
    const run = (residual: a.Tensor) => () =>
      a.batchNorm(a.rand([4, 2]), mean, variance, null, null, { training: true, residual });
    expect(run(a.ones([2]))).toThrow('batchNorm: expected residual (4, 2), got (2)');
    expect(run([1] as unknown as a.Tensor)).toThrow('batchNorm: expected option residual to be a tensor');
    expect([...mean.dataSync(), ...variance.dataSync()]).toEqual([0, 0, 1, 1]);
  });
});
