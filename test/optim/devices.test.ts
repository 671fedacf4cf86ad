import fc from 'fast-check';
import { describe, it } from 'vitest';
import * as optim from '../../src/optim/index.js';
import { close } from '../helpers/close.js';
import { devices, follow, parameter } from './helpers.js';

/** Multiples of 1/8: 0, or large enough that no quotient of an adaptive rule magnifies rounding. */
const number = fc.integer({ min: -16, max: 16 }).map((n) => n / 8);
const fraction = (min: number, max: number) => fc.double({ min, max, noNaN: true });

const shared = {
  lr: fraction(0, 0.5),
  // exact in float32, so that decay never leaves a rounding error where the gradient should vanish
  weightDecay: fc.integer({ min: 0, max: 8 }).map((n) => n / 16),
  decay: fc.constantFrom('l2', 'decoupled'),
  maximize: fc.boolean(),
};
const betas = fc.tuple(fraction(0, 0.99), fraction(0.5, 0.9999));
const eps = fraction(1e-8, 1e-2);
const amsgrad = fc.boolean();
const momentum = fc.oneof(
  fc.constant('ema' as const),
  fraction(-1, 5).map((beta0) => optim.pnm({ beta0 })),
);
const adaptive = { ...shared, betas, eps, momentum };
const kinds: Record<optim.OptimizerName, fc.Arbitrary<Record<string, unknown>>> = {
  sgd: fc.record({ ...shared, momentum: fraction(0, 0.99), dampening: fraction(0, 1) }),
  pnm: fc.record({ ...shared, beta1: fraction(0, 0.99), beta0: fraction(-1, 5) }),
  adapnm: fc.record({ ...shared, betas, beta0: fraction(-1, 5), eps, amsgrad }),
  adam: fc.record({ ...adaptive, amsgrad }),
  amsgrad: fc.record(adaptive),
  adamw: fc.record({ ...adaptive, amsgrad }),
  adabound: fc.record({ ...adaptive, finalLr: fraction(0, 0.5), gamma: fraction(1e-4, 1), amsbound: fc.boolean() }),
  padam: fc.record({ ...adaptive, partial: fc.oneof(fc.constantFrom(0.25, 0.125), fraction(0.01, 0.5)), amsgrad }),
  yogi: fc.record({ ...adaptive, initialAccumulator: fraction(0, 1e-2) }),
  radam: fc.record(adaptive),
};

/** Steps on parameters of a length that no vector width divides, and longer than a vector. */
const problem = fc.integer({ min: 1, max: 37 }).chain((size) => {
  const vector = fc.array(number, { minLength: size, maxLength: size });
  return fc.record({ start: vector, gradients: fc.array(vector, { minLength: 1, maxLength: 10 }) });
});

describe.each(devices.filter((device) => device !== 'reference'))('%s agrees with reference', (device) => {
  it.each(optim.names)('on %s with any options', (name) => {
    fc.assert(
      fc.property(kinds[name], problem, (options, { start, gradients }) => {
        const [actual, expected] = [device, 'reference'].map((on) => {
          const p = parameter(start, { device: on });
          const rows = gradients.map((g) => [g]);
          return follow(optim.create(name, [p], options), [p], rows).flat(2);
        });
        const largest = Math.max(1, ...expected.map(Math.abs));
        close(actual, expected, 0, 2e-6 * largest);
      }),
    );
  });
});
