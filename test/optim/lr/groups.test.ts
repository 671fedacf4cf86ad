import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueError } from '../../../src/errors.js';
import * as optim from '../../../src/optim/index.js';
import { close } from '../../helpers/close.js';
import { between } from '../arbitrary.js';
import { parameter } from '../helpers.js';
import { any, cycle } from './arbitrary.js';
import { make, optimizerAt, ratesAlone, ratesOf, settingsOf } from './helpers.js';

const { lr } = optim;

describe('the groups of an optimizer', () => {
  it('are each scheduled as if they were alone', () => {
    const rate = between(0.001, 10);
    fc.assert(
      fc.property(any, rate, rate, (described, a, b) => {
        const optimizer = optimizerAt(a, b);
        const rates = settingsOf(optimizer, make(optimizer, described), cycle).map((setting) => setting.rates);
        expect(rates.map(([first]) => first)).toEqual(ratesAlone(a, described, cycle));
        expect(rates.map(([, second]) => second)).toEqual(ratesAlone(b, described, cycle));
        expect(optimizer.paramGroups.map(({ initialLr }) => initialLr)).toEqual([a, b]);
      }),
    );
  });

  it('are scheduled from the next epoch on if they are added later', () => {
    const optimizer = optimizerAt(1, 0.5);
    const schedule = new lr.MultiStepLR(optimizer, { milestones: [1, 2], gamma: 0.5 });
    schedule.step();
    expect(schedule.getLastLr()).toEqual([0.5, 0.25]);
    optimizer.addParamGroup({ params: [parameter([1])], lr: 8 });
    schedule.step();
    expect(schedule.getLastLr()).toEqual([0.25, 0.125, 4]);
    expect(optimizer.paramGroups.map(({ initialLr }) => initialLr)).toEqual([1, 0.5, 8]);
  });

  it('can have their own functions and highest rates, one for each group', () => {
    const optimizer = optimizerAt(1, 2);
    const lambda = new lr.LambdaLR(optimizer, { lrLambda: [(t) => t + 1, () => 3] });
    expect(settingsOf(optimizer, lambda, 3).map(({ rates }) => rates)).toEqual([
      [1, 6],
      [2, 6],
      [3, 6],
    ]);
    const options = { maxLr: [1, 4], totalSteps: 5, pctStart: 0.4, divFactor: 2 };
    const oneCycle = new lr.OneCycleLR(optimizer, options);
    expect(settingsOf(optimizer, oneCycle, 2).map(({ rates }) => rates)).toEqual([
      [0.5, 2],
      [1, 4],
    ]);
    optimizer.addParamGroup({ params: [parameter([1])], lr: 8 });
    for (const schedule of [lambda, oneCycle]) {
      const before = [optimizer.paramGroups.map((group) => group.lr), schedule.stateDict()];
      expect(() => schedule.step()).toThrow(/to be one value for all groups or a list of 3, got a list of 2$/);
      expect([optimizer.paramGroups.map((group) => group.lr), schedule.stateDict()]).toEqual(before);
    }
  });
});

describe('several schedules on one optimizer', () => {
  it('multiply if they scale the current rate', () => {
    const optimizer = optimizerAt(1);
    const schedules = [
      new lr.LinearLR(optimizer, { startFactor: 0.25, totalIters: 3 }),
      new lr.MultiStepLR(optimizer, { milestones: [1, 3], gamma: 0.5 }),
      new lr.StepLR(optimizer, { stepSize: 2, gamma: 0.25 }),
      new lr.ExponentialLR(optimizer, { gamma: 0.5 }),
      new lr.CosineAnnealingLR(optimizer, { tMax: 10 }),
    ];
    const rates = Array.from({ length: 8 }, () => {
      const rate = optimizer.paramGroups[0].lr;
      for (const schedule of schedules) schedule.step();
      return rate;
    });
    const alone = schedules.map(({ plan: { schedule, options } }) =>
      ratesAlone(1, { scheduler: schedule.label, options }, 8),
    );
    close(
      rates,
      rates.map((_, t) => alone.reduce((product, curve) => product * curve[t], 1)),
      1e-12,
      0,
    );
  });

  it('scale a rate that was set by hand', () => {
    const optimizer = optimizerAt(1);
    const schedule = new lr.ExponentialLR(optimizer, { gamma: 0.5 });
    schedule.step();
    optimizer.paramGroups[0].lr = 8;
    expect(ratesOf(optimizer, schedule, 3)).toEqual([8, 4, 2]);
  });
});

describe('the momentum that OneCycleLR changes', () => {
  const options = { maxLr: 1, totalSteps: 10, pctStart: 0.5, baseMomentum: 0.5, maxMomentum: 0.75 };

  it('is momentum, beta1 or the first of betas', () => {
    const p = () => [parameter([1])];
    const sgd = new optim.SGD(p(), { lr: 1 });
    const pnm = new optim.PNM(p(), { lr: 1 });
    const adam = new optim.Adam(p(), { betas: [0.9, 0.99], momentum: optim.positiveNegative() });
    for (const optimizer of [sgd, pnm, adam]) {
      const schedule = new lr.OneCycleLR(optimizer, options);
      for (let step = 0; step < 4; step++) schedule.step();
    }
    const [{ momentum }, { beta1 }, { betas }] = [sgd.paramGroups[0], pnm.paramGroups[0], adam.paramGroups[0]];
    expect([momentum, beta1, betas]).toEqual([0.5, 0.5, [0.5, 0.99]]);
    expect(adam.paramGroups[0].momentum).toEqual(optim.positiveNegative());
  });

  it('must exist, unless cycleMomentum is false', () => {
    const bare = { paramGroups: [{ lr: 1, initialLr: 1 }] };
    expect(() => new lr.OneCycleLR(bare, options)).toThrow(ValueError);
    expect(() => new lr.OneCycleLR(bare, options)).toThrow(/or cycleMomentum: false, got a group without momentum$/);
    new lr.OneCycleLR(bare, { ...options, cycleMomentum: false });
    expect(bare.paramGroups[0]).toEqual({ lr: 0.04, initialLr: 1 });
  });

  it('is not changed by other schedules or without cycleMomentum', () => {
    const optimizer = optimizerAt(1);
    const still = new lr.OneCycleLR(optimizer, { ...options, cycleMomentum: false });
    const exponential = new lr.ExponentialLR(optimizer, { gamma: 0.5 });
    for (const schedule of [still, exponential]) {
      for (const { momentum } of settingsOf(optimizer, schedule, 5)) expect(momentum).toEqual([0.9]);
    }
  });

  it('also changes in a sequence', () => {
    const alone = optimizerAt(1);
    const whole = settingsOf(alone, new lr.OneCycleLR(alone, options), 10);
    const optimizer = optimizerAt(1);
    const schedulers = [new lr.StepLR(optimizer, { stepSize: 3 }), new lr.OneCycleLR(optimizer, options)];
    const schedule = new lr.SequentialLR(optimizer, { schedulers, milestones: [2] });
    expect(settingsOf(optimizer, schedule, 12).slice(2)).toEqual(whole);
  });
});
