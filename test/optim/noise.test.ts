import fc from 'fast-check';
import { describe, it } from 'vitest';
import { PNM } from '../../src/optim/index.js';
import { Generator } from '../../src/tensor/random.js';
import { close } from '../helpers/close.js';
import { between } from './arbitrary.js';
import { give, parameter, valuesOf } from './helpers.js';

/** This many independent parameters estimate a variance to within sqrt(2 / size) = 0.8 %. */
const size = 32_768;

/** Returns mean and variance, over independent parameters, of the direction of PNM after many noisy gradients. */
function direction(beta1: number, beta0: number, mean: number, seed: number): { mean: number; variance: number } {
  const generator = new Generator(seed);
  const p = parameter(new Float32Array(size), { device: 'cpu' });
  const optimizer = new PNM([p], { lr: 1, beta1, beta0 });
  // beta1^steps is below 1e-4
  const steps = Math.ceil(Math.log(1e-4) / Math.log(beta1));
  let before: number[] = [];
  for (let t = 0; t < steps; t++) {
    before = valuesOf(p);
    // uniform in [-sqrt(3), sqrt(3)) has variance 1
    give(
      p,
      Float64Array.from({ length: size }, () => mean + Math.sqrt(3) * (2 * generator.uniform() - 1)),
    );
    optimizer.step();
  }
  const norm = Math.hypot(1 + beta0, beta0);
  const moves = valuesOf(p).map((theta, i) => norm * (before[i] - theta));
  const average = moves.reduce((sum, x) => sum + x, 0) / size;
  const variance = moves.reduce((sum, x) => sum + (x - average) ** 2, 0) / (size - 1);
  return { mean: average, variance };
}

const beta1s = between(0.1, 0.8);
const means = between(-2, 2);
const seeds = fc.nat();

describe('the direction of PNM under independent gradients of variance 1, before its normalisation', () => {
  it('has (1 + beta0)^2 + beta0^2 times the variance of its averages, and the mean gradient (equation 9)', () => {
    fc.assert(
      fc.property(beta1s, between(-0.5, 3), means, seeds, (beta1, beta0, mean, seed) => {
        const gamma = (1 + beta0) ** 2 + beta0 ** 2;
        const pair = direction(beta1, beta0, mean, seed);
        // with beta0 = 0 it moves along one moving average of decay beta1^2
        const average = direction(beta1, 0, mean, seed + 1);
        close([pair.variance], [gamma * average.variance], 0.06);
        const error = Math.sqrt(pair.variance / size);
        close([pair.mean], [mean], 0, 6 * error + 1e-3 * (1 + gamma) * Math.abs(mean));
        // the variance of an average of decay b is (1 - b) / (1 + b)
        close([pair.variance], [(gamma * (1 - beta1 ** 2)) / (1 + beta1 ** 2)], 0.05);
      }),
      { numRuns: 12 },
    );
  });

  it('has the variance (1 - beta1) / (1 + beta1) of momentum with decay beta1 if it recovers momentum', () => {
    fc.assert(
      fc.property(beta1s, means, seeds, (beta1, mean, seed) => {
        const { variance } = direction(beta1, -beta1 / (1 + beta1), mean, seed);
        close([variance], [(1 - beta1) / (1 + beta1)], 0.05);
      }),
      { numRuns: 6 },
    );
  });
});
