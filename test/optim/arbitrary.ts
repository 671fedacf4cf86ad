import fc from 'fast-check';
import * as optim from '../../src/optim/index.js';

/** Multiples of 1/8 from -2 to 2: 0, or large enough that no quotient of an adaptive rule magnifies rounding. */
export const number: fc.Arbitrary<number> = fc.integer({ min: -16, max: 16 }).map((n) => n / 8);

/** Lists of so many of these numbers. */
export const vector = (size: number): fc.Arbitrary<number[]> => fc.array(number, { minLength: size, maxLength: size });

/** Any number from `min` to `max`. */
export const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

const shared = {
  lr: between(0, 0.5),
  // exact in float32, so that decay never leaves a rounding error where the gradient should vanish
  weightDecay: fc.integer({ min: 0, max: 8 }).map((n) => n / 16),
  decay: fc.constantFrom('l2', 'decoupled'),
  maximize: fc.boolean(),
};
const betas = fc.tuple(between(0, 0.99), between(0.5, 0.9999));
const eps = between(1e-8, 1e-2);
const amsgrad = fc.boolean();
const momentum = fc.oneof(
  fc.constant('ema' as const),
  between(-1, 5).map((beta0) => optim.positiveNegative({ beta0 })),
);
const adaptive = { ...shared, betas, eps, momentum };

/** Any options of each optimizer. */
export const optionsOf: Readonly<Record<optim.OptimizerName, fc.Arbitrary<Record<string, unknown>>>> = {
  sgd: fc
    .record({ ...shared, momentum: between(0, 0.99), dampening: between(0, 1), nesterov: fc.boolean() })
    .map((options) =>
      options.nesterov && options.momentum > 0 ? { ...options, dampening: 0 } : { ...options, nesterov: false },
    ),
  pnm: fc.record({ ...shared, beta1: between(0, 0.99), beta0: between(-1, 5) }),
  adapnm: fc.record({ ...shared, betas, beta0: between(-1, 5), eps, amsgrad }),
  adam: fc.record({ ...adaptive, amsgrad }),
  amsgrad: fc.record(adaptive),
  adamw: fc.record({ ...adaptive, amsgrad }),
  adabound: fc.record({ ...adaptive, finalLr: between(0, 0.5), gamma: between(1e-4, 1), amsbound: fc.boolean() }),
  padam: fc.record({ ...adaptive, partial: fc.oneof(fc.constantFrom(0.25, 0.125), between(0.01, 0.5)), amsgrad }),
  yogi: fc.record({ ...adaptive, initialAccumulator: between(0, 1e-2) }),
  radam: fc.record(adaptive),
};

/** Where a parameter starts, and its gradient in each of some steps. */
export interface Problem {
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
}

/** Steps on parameters of a length that no vector width divides, and longer than a vector. */
export const problem: fc.Arbitrary<Problem> = fc
  .integer({ min: 1, max: 37 })
  .chain((size) =>
    fc.record({ start: vector(size), gradients: fc.array(vector(size), { minLength: 1, maxLength: 10 }) }),
  );
