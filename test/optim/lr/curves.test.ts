import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueError } from '../../../src/errors.js';
import { lr } from '../../../src/optim/index.js';
import { close } from '../../helpers/close.js';
import { between } from '../arbitrary.js';
import { cycle, sequence, single } from './arbitrary.js';
import { type Described, optimizerAt, ratesAlone, ratesOf } from './helpers.js';

const rate = between(0.001, 10);
const epochs = fc.integer({ min: 1, max: 20 });

describe('the cosine', () => {
  it('stays between etaMin and the initial rate and reaches both', () => {
    fc.assert(
      fc.property(rate, epochs, between(0, 1), (initialLr, tMax, part) => {
        const etaMin = initialLr * part;
        const options = { tMax, etaMin };
        const rates = ratesAlone(initialLr, { scheduler: 'CosineAnnealingLR', options }, 4 * tMax + 1);
        // the way back up is computed epoch by epoch
        const room = 1e-12 * initialLr;
        for (const value of rates) {
          expect(value).toBeGreaterThanOrEqual(etaMin - room);
          expect(value).toBeLessThanOrEqual(initialLr + room);
        }
        close([rates[0], rates[2 * tMax], rates[4 * tMax]], [initialLr, initialLr, initialLr], 1e-12, 0);
        close([rates[tMax], rates[3 * tMax]], [etaMin, etaMin], 1e-12, 0);
      }),
    );
  });

  it('restarts at the initial rate in every period, each tMult times as long as the one before', () => {
    fc.assert(
      fc.property(rate, epochs, fc.integer({ min: 1, max: 4 }), (initialLr, t0, tMult) => {
        const described = { scheduler: 'CosineAnnealingWarmRestarts', options: { t0, tMult, etaMin: 0.0001 } };
        const rates = ratesAlone(initialLr, described, t0 * (1 + tMult + tMult * tMult));
        const peaks = rates.flatMap((value, t) => (value === initialLr ? [t] : []));
        const begins = [0, t0, t0 * (1 + tMult)];
        // a period of one epoch has only the initial rate
        expect(peaks).toEqual(t0 === 1 && tMult === 1 ? [0, 1, 2] : begins);
        for (const [i, start] of begins.entries()) {
          const length = t0 * tMult ** i;
          const options = { tMax: length, etaMin: 0.0001 };
          const once = ratesAlone(initialLr, { scheduler: 'CosineAnnealingLR', options }, length);
          close(rates.slice(start, start + length), once, 1e-10, 0);
        }
      }),
    );
  });

  it('with restarts accepts fractional epochs, and continues from there', () => {
    const optimizer = optimizerAt(1);
    const schedule = new lr.CosineAnnealingWarmRestarts(optimizer, { t0: 3, tMult: 2 });
    const at = (epoch?: number) => {
      schedule.step(epoch);
      return optimizer.paramGroups[0].lr;
    };
    close(
      [at(1.5), at(), at(6), at(0), at(3.75)],
      [0.5, (1 + Math.cos((2.5 / 3) * Math.PI)) / 2, 0.5, 1, 0.9619397662556434],
      1e-12,
      0,
    );
    expect(schedule.epoch).toBe(3.75);
    const resumed = new lr.CosineAnnealingWarmRestarts(optimizerAt(1), { t0: 1 });
    resumed.loadStateDict(schedule.stateDict());
    expect(resumed.stateDict()).toEqual(schedule.stateDict());
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => schedule.step(bad)).toThrow(/^CosineAnnealingWarmRestarts: expected a number >= 0 as epoch, got/);
    }
    expect(schedule.epoch).toBe(3.75);
  });
});

describe('equal schedules', () => {
  const equal = (initialLr: number, a: Described, b: Described) =>
    close(ratesAlone(initialLr, a, 40), ratesAlone(initialLr, b, 40), 1e-12, 0);

  it('StepLR is MultiStepLR with the multiples of stepSize', () => {
    fc.assert(
      fc.property(rate, epochs, between(0, 2), (initialLr, stepSize, gamma) => {
        const milestones = Array.from({ length: 40 }, (_, i) => (i + 1) * stepSize);
        const step = ratesAlone(initialLr, { scheduler: 'StepLR', options: { stepSize, gamma } }, 40);
        expect(step).toEqual(ratesAlone(initialLr, { scheduler: 'MultiStepLR', options: { milestones, gamma } }, 40));
      }),
    );
  });

  it('ExponentialLR is StepLR with steps of one epoch, and LambdaLR with a power', () => {
    fc.assert(
      fc.property(rate, (initialLr) => {
        const exponential = { scheduler: 'ExponentialLR', options: { gamma: 0.95 } };
        equal(initialLr, exponential, { scheduler: 'StepLR', options: { stepSize: 1, gamma: 0.95 } });
        equal(initialLr, exponential, { scheduler: 'LambdaLR', options: { lrLambda: '0.95 ** epoch' } });
      }),
    );
  });

  it('LinearLR is linear between its ends', () => {
    const factor = between(0.01, 1);
    fc.assert(
      fc.property(rate, factor, factor, epochs, (initialLr, startFactor, endFactor, totalIters) => {
        const options = { startFactor, endFactor, totalIters };
        const line = Array.from({ length: 40 }, (_, t) => Math.min(t / totalIters, 1)).map(
          (share) => initialLr * (startFactor + (endFactor - startFactor) * share),
        );
        close(ratesAlone(initialLr, { scheduler: 'LinearLR', options }, 40), line, 1e-12, 0);
      }),
    );
  });

  it('LambdaLR with a constant is the initial rate times the constant', () => {
    const optimizer = optimizerAt(0.3);
    const schedule = new lr.LambdaLR(optimizer, { lrLambda: () => 2 });
    expect(ratesOf(optimizer, schedule, 5)).toEqual([0.6, 0.6, 0.6, 0.6, 0.6]);
  });

  it('a sequence consists of its parts, each from its own start', () => {
    fc.assert(
      fc.property(rate, sequence, (initialLr, described) => {
        const { schedulers, milestones } = described.options;
        const bounds = [0, ...milestones, cycle];
        const parts = schedulers.flatMap((part, i) => ratesAlone(initialLr, part, bounds[i + 1] - bounds[i]));
        expect(ratesAlone(initialLr, described, cycle)).toEqual(parts);
      }),
    );
  });

  it('a sequence of sequences equals the flat sequence of all parts', () => {
    fc.assert(
      fc.property(rate, sequence, single, (initialLr, inner, last) => {
        const { schedulers, milestones } = inner.options;
        const outer = { schedulers: [inner, last], milestones: [cycle - 5] };
        const flat = { schedulers: [...schedulers, last], milestones: [...milestones, cycle - 5] };
        expect(ratesAlone(initialLr, { scheduler: 'SequentialLR', options: outer }, cycle)).toEqual(
          ratesAlone(initialLr, { scheduler: 'SequentialLR', options: flat }, cycle),
        );
      }),
    );
  });
});

describe('OneCycleLR', () => {
  it('rises from maxLr / divFactor to maxLr and falls to the last rate, whatever the initial rate', () => {
    const cases = fc.record({ maxLr: rate, totalSteps: fc.integer({ min: 4, max: 40 }), linear: fc.boolean() });
    fc.assert(
      fc.property(cases, rate, ({ maxLr, totalSteps, linear }, initialLr) => {
        const options = { maxLr, totalSteps, pctStart: 2 / totalSteps, annealStrategy: linear ? 'linear' : 'cos' };
        const rates = ratesAlone(initialLr, { scheduler: 'OneCycleLR', options }, totalSteps);
        close([rates[0], rates[1], rates[totalSteps - 1]], [maxLr / 25, maxLr, maxLr / 25e4], 1e-9, 0);
        for (let t = 2; t < totalSteps; t++) expect(rates[t]).toBeLessThan(rates[t - 1]);
      }),
    );
  });

  it('accepts a length in epochs and steps per epoch', () => {
    const options = { maxLr: 1, pctStart: 0.4 };
    expect(
      ratesAlone(1, { scheduler: 'OneCycleLR', options: { ...options, epochs: 4, stepsPerEpoch: 5 } }, 20),
    ).toEqual(ratesAlone(1, { scheduler: 'OneCycleLR', options: { ...options, totalSteps: 20 } }, 20));
  });

  it('starts at the highest rate if the rise has length 0', () => {
    const options = { maxLr: 1, totalSteps: 4, pctStart: 0.25 };
    expect(ratesAlone(1, { scheduler: 'OneCycleLR', options }, 1)).toEqual([1]);
    expect(ratesAlone(1, { scheduler: 'OneCycleLR', options: { ...options, totalSteps: 1, pctStart: 1 } }, 1)).toEqual([
      1 / 25e4,
    ]);
  });

  it('keeps the last rate after the last step, and then refuses to continue', () => {
    for (const annealStrategy of ['cos', 'linear'] as const) {
      const optimizer = optimizerAt(1);
      const schedule = new lr.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10, annealStrategy });
      const rates = ratesOf(optimizer, schedule, 10);
      expect(schedule.getLastLr()).toEqual([rates[9]]);
      const before = [structuredClone(optimizer.paramGroups.map((group) => group.lr)), schedule.stateDict()];
      expect(() => schedule.step()).toThrow(ValueError);
      expect(() => schedule.step()).toThrow(/^OneCycleLR: expected at most totalSteps = 10 steps, got step 11$/);
      expect([optimizer.paramGroups.map((group) => group.lr), schedule.stateDict()]).toEqual(before);
    }
  });
});
