import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueError } from '../../../src/errors.js';
import { analysis } from '../../../src/optim/index.js';
import { close } from '../../helpers/close.js';
import { between } from '../arbitrary.js';

const beta1s = between(0, 0.99);
const forms = fc.constantFrom('printed' as const, 'derived' as const);

describe('noiseMagnification', () => {
  it('is (1 + beta0)^2 + beta0^2: 1 for SGD, 5 for PNM, and beta0OfNoise is its inverse', () => {
    expect([-1, -0.5, 0, 1, 70].map(analysis.noiseMagnification)).toEqual([1, 0.5, 1, 5, 9941]);
    fc.assert(
      fc.property(between(-0.5, 100), (beta0) => {
        close([analysis.beta0OfNoise(analysis.noiseMagnification(beta0))], [beta0], 1e-9, 1e-7);
      }),
    );
  });

  it('at beta0OfMomentum is the square of the factor by which lrOfMomentum divides lr', () => {
    fc.assert(
      fc.property(beta1s, between(0, 10), (beta1, lr) => {
        const gamma = analysis.noiseMagnification(analysis.beta0OfMomentum(beta1));
        close([analysis.lrOfMomentum(lr, beta1)], [lr / Math.sqrt(gamma)], 1e-12);
      }),
    );
  });
});

describe('Theorem 3.1', () => {
  const premises = fc.record({
    steps: fc.integer({ min: 1, max: 1e6 }),
    C: between(1e-3, 10),
    L: between(1e-3, 100),
    sigma: between(0, 10),
    G: between(0, 10),
    gap: between(0, 100),
    beta1: beta1s,
    beta0: between(0, 10),
  });

  it('bounds the gradient as the paper prints it', () => {
    fc.assert(
      fc.property(premises, (given) => {
        const { steps, C, L, sigma, G, gap, beta1, beta0 } = given;
        const beta = beta1 ** 2;
        const lag = L * (beta + beta0 * (1 - beta)) ** 2 * (G ** 2 + sigma ** 2);
        const c1 = (C * (lag + L * (1 - beta) ** 2 * sigma ** 2)) / (1 - beta) ** 2;
        const bound = ((2 * gap) / steps) * Math.max(2 * L, Math.sqrt(steps) / C) + c1 / Math.sqrt(steps);
        close([analysis.convergenceBound(given)], [bound], 1e-9);
      }),
    );
  });

  it('prescribes the learning rate lr / sqrt(gamma) = min(1 / (2 L), C / sqrt(steps))', () => {
    fc.assert(
      fc.property(premises, ({ steps, C, L, beta0 }) => {
        const lr = analysis.convergenceLr({ steps, C, L, beta0 });
        close([lr / Math.hypot(1 + beta0, beta0)], [Math.min(1 / (2 * L), C / Math.sqrt(steps))], 1e-12);
      }),
    );
  });

  it('falls as 1 / sqrt(steps)', () => {
    const given = { C: 1, L: 1, sigma: 1, G: 1, gap: 1 };
    const at = (steps: number) => analysis.convergenceBound({ ...given, steps });
    close([at(1e8) / at(1e10)], [10], 1e-6);
  });

  it.each(['printed', 'derived'] as const)('holds for PNM on a smooth function with noise (%s)', (form) => {
    // f(x) = sqrt(1 + x^2) has L = 1, G = 1 and f* = 1
    const [start, sigma, C, beta1, beta0] = [20, 0.5, 1, 0.5, 1];
    const signs = (k: number) => (Math.imul(k, 0x9e3779b1) >>> 31 ? 1 : -1);
    for (const steps of [10, 100, 1000]) {
      const lr = analysis.convergenceLr({ steps, C, L: 1, beta0 }) / Math.hypot(1 + beta0, beta0);
      let [x, pos, neg, least] = [start, 0, 0, Number.POSITIVE_INFINITY];
      for (let k = 1; k <= steps; k++) {
        const slope = x / Math.sqrt(1 + x * x);
        least = Math.min(least, slope ** 2);
        [pos, neg] = [beta1 ** 2 * neg + (1 - beta1 ** 2) * (slope + sigma * signs(k)), pos];
        x -= lr * ((1 + beta0) * pos - beta0 * neg);
      }
      const gap = Math.sqrt(1 + start ** 2) - 1;
      expect(least).toBeLessThanOrEqual(
        analysis.convergenceBound({ steps, C, L: 1, sigma, G: 1, gap, beta1, beta0, form }),
      );
    }
  });
});

describe('the divergence of Gaussians', () => {
  const dimension = fc.tuple(between(-3, 3), between(0.1, 5), between(-3, 3), between(0.1, 5));

  it('is 0 from itself and positive otherwise (equation 21)', () => {
    fc.assert(
      fc.property(fc.array(dimension, { minLength: 1, maxLength: 5 }), (list) => {
        const q = { mean: list.map(([m]) => m), variance: list.map(([, v]) => v) };
        const p = { mean: list.map(([, , m]) => m), variance: list.map(([, , , v]) => v) };
        close([analysis.gaussianKL(q, q)], [0], 0, 1e-12);
        expect(analysis.gaussianKL(q, p)).toBeGreaterThanOrEqual(-1e-12);
      }),
    );
  });

  it('is the integral of q log(q / p)', () => {
    fc.assert(
      fc.property(dimension, ([mean, variance, other, spread]) => {
        const density = (x: number, m: number, v: number) =>
          Math.exp(-((x - m) ** 2) / (2 * v)) / Math.sqrt(2 * Math.PI * v);
        const [step, reach] = [Math.sqrt(variance) / 50, 12 * Math.sqrt(variance)];
        let sum = 0;
        for (let x = mean - reach; x <= mean + reach; x += step) {
          const log = 0.5 * (Math.log(spread / variance) + (x - other) ** 2 / spread - (x - mean) ** 2 / variance);
          sum += step * density(x, mean, variance) * log;
        }
        close(
          [analysis.gaussianKL({ mean: [mean], variance }, { mean: [other], variance: spread })],
          [sum],
          1e-4,
          1e-4,
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('the PAC-Bayes bound', () => {
  const posterior = fc.record({
    lr: between(1e-4, 1),
    batchSize: fc.integer({ min: 1, max: 512 }),
    weightDecay: between(1e-5, 1),
    gamma: between(0.5, 50),
    parameters: fc.integer({ min: 1, max: 6 }),
  });

  it('derives equation 22 from equation 21', () => {
    fc.assert(
      fc.property(posterior, between(-2, 2), (given, weight) => {
        const { lr, batchSize, weightDecay, gamma, parameters } = given;
        const mean = Array.from({ length: parameters }, (_, i) => weight * (i + 1));
        const squaredNorm = mean.reduce((sum, x) => sum + x * x, 0);
        const q = { mean, variance: (gamma * lr) / (2 * batchSize) };
        const p = { mean: mean.map(() => 0), variance: 1 / weightDecay };
        const kl = analysis.posteriorKL({ ...given, squaredNorm, form: 'derived' });
        close([kl], [analysis.gaussianKL(q, p)], 1e-9, 1e-9);
      }),
    );
  });

  it('prints equation 22 with the trace divided by lambda', () => {
    fc.assert(
      fc.property(posterior, between(0, 9), (given, squaredNorm) => {
        const { lr, batchSize, weightDecay, gamma, parameters: n } = given;
        const variance = lr / (2 * batchSize);
        const determinants = 0.5 * Math.log(weightDecay ** -n / (gamma ** n * variance ** n));
        const trace = (0.5 * gamma * n * variance) / weightDecay;
        const printed = determinants + trace + (weightDecay / 2) * squaredNorm - n / 2;
        close([analysis.posteriorKL({ ...given, squaredNorm })], [printed], 1e-9, 1e-9);
      }),
    );
  });

  it('has the derivative of equation 23', () => {
    fc.assert(
      fc.property(posterior, forms, (given, form) => {
        const h = 1e-4 * given.gamma;
        const at = (gamma: number) => analysis.posteriorKL({ ...given, gamma, squaredNorm: 1, form });
        const slope = (at(given.gamma + h) - at(given.gamma - h)) / (2 * h);
        const scale = (given.parameters / 2) * (1 / given.gamma + analysis.posteriorRatio({ ...plain(given), form }));
        close([analysis.posteriorKLDerivative({ ...given, form })], [slope], 0, 1e-5 * scale);
      }),
    );
  });

  it('is smallest at bestNoise, where the derivative is 0', () => {
    fc.assert(
      fc.property(posterior, forms, between(0.2, 5), (given, form, factor) => {
        const best = analysis.bestNoise({ ...plain(given), form });
        const at = (gamma: number) => analysis.posteriorKL({ ...given, gamma, squaredNorm: 1, form });
        expect(at(best)).toBeLessThanOrEqual(at(factor * best) + 1e-9 * Math.abs(at(best)));
        const scale = given.parameters / best;
        close([analysis.posteriorKLDerivative({ ...given, gamma: best, form })], [0], 0, 1e-9 * scale);
      }),
    );
  });

  it('is tighter for PNM than for SGD under the condition of Theorem 4.3', () => {
    fc.assert(
      fc.property(posterior, forms, fc.integer({ min: 10, max: 1e6 }), (given, form, samples) => {
        const best = analysis.bestNoise({ ...plain(given), form });
        expect(analysis.pnmTightensBound({ ...plain(given), form })).toBe(best > 1);
        const bound = (gamma: number) => {
          const kl = analysis.posteriorKL({ ...given, gamma, squaredNorm: 1e6, form });
          return analysis.generalizationBound({ kl, samples, delta: 0.05 });
        };
        if (best > 1.01) expect(bound(best)).toBeLessThan(bound(1));
      }),
    );
  });

  it("has the paper's example: lr / (2 B lambda) = 0.039", () => {
    const ratio = analysis.posteriorRatio({ lr: 1e-3, batchSize: 128, weightDecay: 1e-4 });
    expect(ratio.toFixed(3)).toBe('0.039');
    close([analysis.bestNoise({ lr: 1e-3, batchSize: 128, weightDecay: 1e-4 })], [25.6], 1e-12);
  });

  it('is 4 sqrt((KL + ln(2 N / Delta)) / N) (equation 20)', () => {
    const gap = analysis.generalizationBound({ kl: 3, samples: 100, delta: 0.05 });
    close([gap], [4 * Math.sqrt((3 + Math.log(4000)) / 100)], 1e-12);
  });

  const plain = ({ lr, batchSize, weightDecay }: { lr: number; batchSize: number; weightDecay: number }) => ({
    lr,
    batchSize,
    weightDecay,
  });
});

const good = { lr: 0.1, batchSize: 8, weightDecay: 0.1 };
it.each<[string, RegExp, () => unknown]>([
  [
    'beta0 NaN',
    /^analysis.noiseMagnification: expected beta0 .* finite number, got NaN$/,
    () => analysis.noiseMagnification(Number.NaN),
  ],
  ['gamma 0.4', /^analysis.beta0OfNoise: expected gamma >= 0.5, got 0.4$/, () => analysis.beta0OfNoise(0.4)],
  ['beta1 = 1', /^analysis.beta0OfMomentum: expected beta1 in \[0, 1\), got 1$/, () => analysis.beta0OfMomentum(1)],
  ['a negative lr', /^analysis.lrOfMomentum: expected lr >= 0, got -1$/, () => analysis.lrOfMomentum(-1, 0.9)],
  ['no steps', /steps to be an integer >= 1, got 0$/, () => analysis.convergenceLr({ steps: 0, C: 1, L: 1 })],
  [
    'beta0 < 0',
    /beta0 >= 0, got -1$/,
    () => analysis.convergenceBound({ steps: 1, C: 1, L: 1, sigma: 1, G: 1, gap: 1, beta0: -1 }),
  ],
  ['delta = 1', /delta in \(0, 1\), got 1$/, () => analysis.generalizationBound({ kl: 1, samples: 10, delta: 1 })],
  ['an unknown option', /got 'lambda'$/, () => analysis.bestNoise({ ...good, lambda: 1 } as never)],
  [
    'an unknown form',
    /'printed' or 'derived', got 'x'$/,
    () => analysis.posteriorRatio({ ...good, form: 'x' as never }),
  ],
  [
    'other dimensions',
    /^analysis.gaussianKL: expected 1 dimensions of P/,
    () => analysis.gaussianKL({ mean: [0], variance: 1 }, { mean: [0, 0], variance: 1 }),
  ],
  [
    'variance 0',
    /expected variances of P > 0, got 0 at 0$/,
    () => analysis.gaussianKL({ mean: [0], variance: 1 }, { mean: [0], variance: 0 }),
  ],
])('theory refuses %s', (_, message, act) => {
  expect(act).toThrow(ValueError);
  expect(act).toThrow(message);
});
