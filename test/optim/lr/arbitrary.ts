import fc from 'fast-check';
import { between } from '../arbitrary.js';
import type { Described } from './helpers.js';

const epochs = fc.integer({ min: 1, max: 9 });
const gamma = between(0.1, 1);
const low = between(0, 0.1);
const factor = between(0.01, 1);

/** The number of steps of every OneCycleLR here. */
export const cycle = 40;

/** Options of every schedule that does not consist of others. */
const options: Readonly<Record<string, fc.Arbitrary<object>>> = {
  MultiStepLR: fc.record({ milestones: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4 }), gamma }),
  StepLR: fc.record({ stepSize: epochs, gamma }),
  ExponentialLR: fc.record({ gamma }),
  LinearLR: fc.record({ startFactor: factor, endFactor: factor, totalIters: epochs }),
  CosineAnnealingLR: fc.record({ tMax: epochs, etaMin: low }),
  CosineAnnealingWarmRestarts: fc.record({ t0: epochs, tMult: fc.integer({ min: 1, max: 3 }), etaMin: low }),
  OneCycleLR: fc.record({
    maxLr: between(0.01, 10),
    totalSteps: fc.constant(cycle),
    pctStart: between(0, 1),
    annealStrategy: fc.constantFrom('cos', 'linear'),
    threePhase: fc.boolean(),
    cycleMomentum: fc.boolean(),
  }),
  LambdaLR: fc.record({ lrLambda: fc.constantFrom('0.95 ** epoch', '1 / sqrt(epoch + 1)') }),
};

/** Any schedule that does not consist of others. */
export const single: fc.Arbitrary<Described> = fc.oneof(
  ...Object.entries(options).map(([scheduler, of]) => fc.record({ scheduler: fc.constant(scheduler), options: of })),
);

/** A sequence of schedules; all but the last have a length. */
export const sequence = fc
  .array(fc.record({ part: single, length: epochs }), { minLength: 1, maxLength: 4 })
  .map((turns) => {
    const lengths = turns.slice(1).map(({ length }) => length);
    const milestones = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((sum, length) => sum + length));
    return { scheduler: 'SequentialLR', options: { schedulers: turns.map(({ part }) => part), milestones } };
  });

/** Any schedule. */
export const any: fc.Arbitrary<Described> = fc.oneof({ arbitrary: single, weight: 2 }, sequence);
