import fc from 'fast-check';
import * as optim from '../../src/optim/index.js';
import { accepts, algorithms } from './algorithms.js';

/** Multiples of 1/8 from -2 to 2: either 0, or large enough that no quotient of an adaptive rule magnifies rounding. */
export const number: fc.Arbitrary<number> = fc.integer({ min: -16, max: 16 }).map((n) => n / 8);

/** Lists of `size` of these numbers. */
export const vector = (size: number): fc.Arbitrary<number[]> => fc.array(number, { minLength: size, maxLength: size });

/** Any number from `min` to `max`. */
export const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

/** Multiples of 1/1000, none of which is too small for float32. */
function thousandths(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 1000 * min, max: 1000 * max }).map((n) => n / 1000);
}

/** Values of options by name. An option that is missing here is true or false, or keeps its default. */
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  lr: between(0, 0.5),
  // exact in float32, so that decay never leaves a rounding error where the gradient should vanish
  weightDecay: fc.integer({ min: 0, max: 8 }).map((n) => n / 16),
  decay: fc.constantFrom('l2', 'decoupled'),
  betas: fc.tuple(thousandths(0, 0.99), thousandths(0.5, 0.999)),
  beta1: thousandths(0, 0.99),
  beta0: between(-1, 5),
  eps: between(1e-8, 1e-2),
  dampening: fc.oneof(fc.constant(0), between(0, 1)),
  finalLr: between(0, 0.5),
  gamma: between(1e-4, 1),
  partial: fc.oneof(fc.constantFrom(0.25, 0.125), between(0.01, 0.5)),
  initialAccumulator: between(0, 1e-2),
};
const momentumKinds = fc.oneof(
  fc.constant('ema' as const),
  between(-1, 5).map((beta0) => optim.positiveNegative({ beta0 })),
);

function valuesOf(option: string, initial: unknown): fc.Arbitrary<unknown> {
  if (option === 'momentum') return typeof initial === 'number' ? between(0, 0.99) : momentumKinds;
  return values[option] ?? (typeof initial === 'boolean' ? fc.boolean() : fc.constant(initial));
}

/** Any options of an optimizer. */
export function optionsOf(name: optim.OptimizerName): fc.Arbitrary<Record<string, unknown>> {
  const table = Object.entries(algorithms[name].options);
  const record = Object.fromEntries(table.map(([option, { initial }]) => [option, valuesOf(option, initial)]));
  return fc.record(record).filter((options) => accepts(name, options));
}

/** The initial values of a parameter, and its gradients in some steps. */
export interface Problem {
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
}

/** Steps on parameters of any length from 1 to 37, whether or not a vector width divides it. */
export const problem: fc.Arbitrary<Problem> = fc
  .integer({ min: 1, max: 37 })
  .chain((size) =>
    fc.record({ start: vector(size), gradients: fc.array(vector(size), { minLength: 1, maxLength: 10 }) }),
  );
