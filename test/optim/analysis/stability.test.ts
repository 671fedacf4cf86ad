import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueError } from '../../../src/errors.js';
import * as optim from '../../../src/optim/index.js';
import { close } from '../../helpers/close.js';
import { between } from '../arbitrary.js';
import { give, parameter, valuesOf } from '../helpers.js';

const { analysis } = optim;

type Matrix = number[][];

/** Logarithm of the spectral radius, from the norm of the power 2^30: squares, with the scale taken out each time. */
function logRadius(matrix: Matrix): number {
  let power = matrix;
  let logarithm = 0;
  for (let k = 0; k < 30; k++) {
    power = power.map((row) => row.map((_, j) => row.reduce((sum, x, l) => sum + x * power[l][j], 0)));
    const norm = Math.hypot(...power.flat());
    power = power.map((row) => row.map((x) => x / norm));
    logarithm = 2 * logarithm + Math.log(norm);
  }
  return logarithm / 2 ** 30;
}

/** One step of Algorithm 2 on L theta^2 / 2 as a matrix on (theta_t, m_{t-1}, m_{t-2}). */
function pnmStep(rate: number, beta0: number, beta1: number): Matrix {
  const b = beta1 ** 2;
  const lr = rate / Math.sqrt((1 + beta0) ** 2 + beta0 ** 2);
  const newer = lr * (1 + beta0);
  return [
    [1 - newer * (1 - b), lr * beta0, -newer * b],
    [1 - b, 0, b],
    [0, 1, 0],
  ];
}

describe('stabilityLimit', () => {
  it('separates spectral radii below 1 from those above 1', () => {
    const options = fc.record({ beta0: between(-1.5, 20), beta1: between(0, 0.97) });
    fc.assert(
      fc.property(options, between(0.01, 0.99), between(1.01, 3), ({ beta0, beta1 }, below, above) => {
        const limit = analysis.stabilityLimit({ beta0, beta1 });
        fc.pre(Number.isFinite(limit));
        expect(logRadius(pnmStep(below * limit, beta0, beta1))).toBeLessThan(-1e-7);
        expect(logRadius(pnmStep(above * limit, beta0, beta1))).toBeGreaterThan(1e-7);
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on beta1 for beta0 >= -1/4, where it is 2 sqrt(gamma) / (1 + 2 beta0)', () => {
    fc.assert(
      fc.property(between(-0.25, 100), between(0, 0.999), (beta0, beta1) => {
        const limit = (2 * Math.sqrt(analysis.noiseMagnification(beta0))) / (1 + 2 * beta0);
        close([analysis.stabilityLimit({ beta0, beta1 })], [limit], 1e-12);
      }),
    );
    expect(analysis.stabilityLimit({ beta0: 0 })).toBe(2);
    expect(analysis.stabilityLimit().toFixed(4)).toBe('1.4907');
    expect(analysis.stabilityLimit({ beta0: -1, beta1: 0.5 })).toBe(1.25);
  });

  it('is that of the heavy ball where PNM is momentum', () => {
    fc.assert(
      fc.property(between(0, 0.99), (beta1) => {
        const limit = analysis.stabilityLimit({ beta0: analysis.beta0OfMomentum(beta1), beta1 });
        close([analysis.lrOfMomentum(limit, beta1)], [(2 * (1 + beta1)) / (1 - beta1)], 1e-9);
      }),
    );
  });

  it.each([
    [1, 0.9],
    [0, 0.5],
    [-0.4, 0.3],
    [-1, 0.9],
    [10, 0],
  ])('is where PNM with beta0 = %d and beta1 = %d begins to diverge', (beta0, beta1) => {
    const curvature = 4;
    const distances = [0.9, 1.1].map((factor) => {
      const lr = (factor * analysis.stabilityLimit({ beta0, beta1 })) / curvature;
      const p = parameter([1]);
      const optimizer = new optim.PNM([p], { lr, beta0, beta1 });
      for (let t = 0; t < 3000; t++) {
        give(p, [curvature * valuesOf(p)[0]]);
        optimizer.step();
      }
      return Math.abs(valuesOf(p)[0]);
    });
    expect(distances[0]).toBeLessThan(1e-3);
    // NaN after an overflow
    expect(distances[1] < 1e3).toBe(false);
  });

  it('refuses options out of range', () => {
    expect(() => analysis.stabilityLimit({ beta1: 1 })).toThrow(ValueError);
    expect(() => analysis.stabilityLimit({ beta1: 1 })).toThrow(
      /^analysis.stabilityLimit: expected option beta1 in \[0, 1\), got 1$/,
    );
    expect(() => analysis.stabilityLimit({ lr: 1 } as never)).toThrow(/got 'lr'$/);
  });
});
