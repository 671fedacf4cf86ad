import '../helpers/reference.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { empty, zeros } from '../../src/autograd/create.js';
import { DtypeError, ShapeError, ValueError } from '../../src/errors.js';
import { evaluate } from '../../src/formula/nodes.js';
import * as init from '../../src/nn/init.js';
import { Conv2d } from '../../src/nn/layers/conv2d.js';
import { Linear } from '../../src/nn/layers/linear.js';
import { manualSeed } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';

const n = 40_000;

/** A large weight (200, 50, 2, 2): fan in 200, fan out 800. */
const weight = () => empty([200, 50, 2, 2]);

/** Mean, standard deviation, minimum, maximum, and excess kurtosis. */
function moments(t: Tensor) {
  const x = Float64Array.from(t.dataSync());
  let mean = 0;
  for (const v of x) mean += v / x.length;
  let second = 0;
  let fourth = 0;
  for (const v of x) {
    second += (v - mean) ** 2 / x.length;
    fourth += (v - mean) ** 4 / x.length;
  }
  const least = x.reduce((a, b) => Math.min(a, b), Infinity);
  const largest = x.reduce((a, b) => Math.max(a, b), -Infinity);
  return { mean, std: Math.sqrt(second), least, largest, kurtosis: fourth / second ** 2 - 3 };
}

/** Five standard errors, so that practically no seed fails. */
function expectUniform(t: Tensor, low: number, high: number): void {
  const { mean, std, least, largest } = moments(t);
  const width = high - low;
  expect(Math.abs(mean - (low + high) / 2)).toBeLessThan((5 * width) / Math.sqrt(12 * n));
  expect(Math.abs(std - width / Math.sqrt(12))).toBeLessThan((5 * width * 0.26) / Math.sqrt(n));
  expect(least).toBeGreaterThanOrEqual(low);
  expect(least).toBeLessThan(low + (12 * width) / n);
  expect(largest).toBeLessThanOrEqual(high);
  expect(largest).toBeGreaterThan(high - (12 * width) / n);
}

function expectNormal(t: Tensor, mean: number, std: number): void {
  const found = moments(t);
  expect(Math.abs(found.mean - mean)).toBeLessThan((5 * std) / Math.sqrt(n));
  expect(Math.abs(found.std - std)).toBeLessThan((5 * std) / Math.sqrt(2 * n));
  expect(Math.abs(found.kurtosis)).toBeLessThan(5 * Math.sqrt(24 / n));
  expect(found.largest).toBeGreaterThan(mean + 3.5 * std);
}

describe('initialisers', () => {
  it('draw in place from the distributions that they are named after', () => {
    manualSeed(1);
    const t = weight();
    expect(init.uniform(t)).toBe(t);
    expectUniform(t, 0, 1);
    expectUniform(init.uniform(t, -3, 5), -3, 5);
    expectNormal(init.normal(t), 0, 1);
    expectNormal(init.normal(t, 2, 0.5), 2, 0.5);
  });

  it('scale by fan in and fan out', () => {
    manualSeed(2);
    const t = weight();
    expect(init.fans(t.shape)).toEqual({ fanIn: 200, fanOut: 800 });
    expectUniform(init.kaimingUniform(t), -Math.sqrt(6 / 200), Math.sqrt(6 / 200));
    expectUniform(init.kaimingUniform(t, { a: Math.sqrt(5) }), -1 / Math.sqrt(200), 1 / Math.sqrt(200));
    expectNormal(init.kaimingNormal(t, { mode: 'fanOut', nonlinearity: 'relu' }), 0, Math.sqrt(2 / 800));
    expectUniform(init.xavierUniform(t), -Math.sqrt(6 / 1000), Math.sqrt(6 / 1000));
    expectNormal(init.xavierNormal(t, 5 / 3), 0, (5 / 3) * Math.sqrt(2 / 1000));
  });

  it('fill with constants', () => {
    const t = empty([3, 2], { dtype: 'int32' });
    expect([...init.constant(t, 7).dataSync()]).toEqual(Array(6).fill(7));
    expect([...init.ones(t).dataSync()]).toEqual(Array(6).fill(1));
    expect([...init.zeros(t).dataSync()]).toEqual(Array(6).fill(0));
  });

  it('repeat with the seed and continue without it', () => {
    const t = weight();
    const draw = () => [...init.normal(t).dataSync().slice(0, 8)];
    manualSeed(3);
    const first = draw();
    const second = draw();
    manualSeed(3);
    expect([draw(), draw()]).toEqual([first, second]);
    expect(first).not.toEqual(second);
  });

  it('know the gains', () => {
    const { calculateGain: gain } = init;
    expect([gain('linear'), gain('sigmoid'), gain('tanh'), gain('relu'), gain('selu')]).toEqual([
      1,
      1,
      5 / 3,
      Math.SQRT2,
      0.75,
    ]);
    expect(gain('leakyRelu')).toBeCloseTo(Math.sqrt(2 / 1.0001), 12);
    expect(gain('leakyRelu', 0.2)).toBeCloseTo(Math.sqrt(2 / 1.04), 12);
    expect(() => gain('swish' as 'relu')).toThrow(
      /calculateGain: expected nonlinearity to be 'linear' or .*, got 'swish'/,
    );
  });

  it('reject tensors and options that they do not support', () => {
    const integers = zeros([2, 2], { dtype: 'int32' });
    const { uniform, normal, kaimingUniform, kaimingNormal, xavierUniform, xavierNormal, orthogonal, truncNormal } =
      init;
    for (const fill of [uniform, normal, kaimingNormal, xavierUniform, orthogonal, truncNormal]) {
      expect(() => fill(integers)).toThrow(DtypeError);
    }
    for (const fill of [kaimingUniform, xavierNormal, orthogonal]) expect(() => fill(zeros([4]))).toThrow(ShapeError);
    expect(() => init.kaimingUniform(weight(), { mode: 'fan_in' as 'fanIn' })).toThrow(
      new ValueError("kaimingUniform: expected option mode to be 'fanIn' or 'fanOut', got 'fan_in'"),
    );
  });
});

describe('truncNormal', () => {
  const phi = (x: number) => (1 + evaluate.erf(x * Math.SQRT1_2)) / 2;

  it('follows the distribution function of the truncated normal', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 2.5, noNaN: true }),
        fc.double({ min: 0.1, max: 4, noNaN: true }),
        fc.double({ min: 0.2, max: 3, noNaN: true }),
        fc.nat(9999),
        (from, width, std, seed) => {
          const low = from * std - 0.25;
          const high = low + width;
          const n = 8000;
          manualSeed(seed);
          const x = init
            .truncNormal(empty([n]), -0.25, std, low, high)
            .dataSync()
            .slice()
            .sort();
          expect(x[0]).toBeGreaterThanOrEqual(low);
          expect(x[n - 1]).toBeLessThanOrEqual(high);
          const mass = (v: number) => phi((v + 0.25) / std);
          // Kolmogorov and Smirnov: a distance above 3.2 / sqrt(n) has a probability of 3e-9
          let distance = 0;
          for (let i = 0; i < n; i++) {
            const expected = (mass(x[i]) - mass(low)) / (mass(high) - mass(low));
            distance = Math.max(distance, Math.abs(expected - (i + 0.5) / n));
          }
          expect(distance).toBeLessThan(3.2 / Math.sqrt(n));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('defaults to the standard normal distribution within two standard deviations', () => {
    const { std, least, largest } = moments(init.truncNormal(weight()));
    expect(std).toBeCloseTo(0.8796, 1);
    expect([least < -1.99, largest > 1.99]).toEqual([true, true]);
    // the bounds are too far away to cut anything
    expectNormal(init.truncNormal(weight(), 0, 1, -50, 50), 0, 1);
  });

  it('rejects empty or distant intervals', () => {
    for (const [std, low, high] of [
      [1, 2, 2],
      [1, 3, -3],
      [0, -1, 1],
      [1, 3.1, 9],
      [1, Number.NaN, 1],
    ]) {
      expect(() => init.truncNormal(weight(), 0, std, low, high)).toThrow(ValueError);
    }
  });
});

describe('orthogonal', () => {
  it('has orthonormal rows or columns, whichever are fewer, scaled by the gain', () => {
    const shapes = fc.tuple(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
    );
    fc.assert(
      fc.property(shapes, fc.double({ min: 0.5, max: 3, noNaN: true }), ([rows, b, c], gain) => {
        const q = init.orthogonal(empty([rows, b, c]), gain).dataSync();
        const columns = b * c;
        const wide = rows <= columns;
        const [count, length] = wide ? [rows, columns] : [columns, rows];
        const at = (vector: number, k: number) => (wide ? q[vector * columns + k] : q[k * columns + vector]);
        for (let i = 0; i < count; i++) {
          for (let j = 0; j <= i; j++) {
            let dot = 0;
            for (let k = 0; k < length; k++) dot += at(i, k) * at(j, k);
            expect(dot).toBeCloseTo(i === j ? gain ** 2 : 0, 12);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('prefers no direction', () => {
    manualSeed(4);
    const sums = [0, 0, 0, 0];
    const t = empty([2, 2]);
    for (let i = 0; i < 2000; i++)
      init
        .orthogonal(t)
        .dataSync()
        .forEach((v, k) => {
          sums[k] += v;
        });
    // each entry has mean 0 and variance 1/2
    for (const sum of sums) expect(Math.abs(sum)).toBeLessThan(5 * Math.sqrt(1000));
  });
});

describe('layers', () => {
  it("start with PyTorch's defaults: weight and bias uniform in +-1 / sqrt(fan in)", () => {
    manualSeed(5);
    const linear = new Linear(100, 400);
    expectUniform(linear.weight, -0.1, 0.1);
    expect(moments(linear.bias!).std).toBeCloseTo(0.2 / Math.sqrt(12), 2);
    expect(Math.max(...Array.from(linear.bias!.dataSync(), Math.abs))).toBeLessThanOrEqual(0.1);
    const conv = new Conv2d(50, 200, 2, { groups: 1 });
    const bound = 1 / Math.sqrt(200);
    expectUniform(conv.weight, -bound, bound);
    const depthwise = new Conv2d(200, 2000, [2, 10], { groups: 100 });
    expect(depthwise.weight.shape).toEqual([2000, 2, 2, 10]);
    const { least, largest } = moments(depthwise.bias!);
    expect([least > -1 / Math.sqrt(40), least < -0.15, largest < 1 / Math.sqrt(40), largest > 0.15]).toEqual(
      Array(4).fill(true),
    );
  });
});
