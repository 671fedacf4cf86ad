import { describe, expect, it } from 'vitest';
import { ValueError } from '../../../src/errors.js';
import { lr } from '../../../src/optim/index.js';
import { make, optimizerAt, ratesOf } from './helpers.js';

/** Options of each schedule that are refused, and why. */
const refused: readonly [string, object, RegExp][] = [
  ['MultiStepLR', {}, /^MultiStepLR: expected option milestones to be a list .*, got none$/],
  ['MultiStepLR', { milestones: [-1] }, /got \[-1\]$/],
  ['MultiStepLR', { milestones: [1.5] }, /got \[1.5\]$/],
  ['MultiStepLR', { milestones: [1], stepSize: 3 }, /expected options among milestones, gamma, got 'stepSize'$/],
  ['MultiStepLR', { milestones: [1], gamma: -1 }, /expected option gamma >= 0, got -1$/],
  ['StepLR', {}, /^StepLR: expected option stepSize to be an integer >= 1, got none$/],
  ['StepLR', { stepSize: 0 }, /got 0$/],
  ['StepLR', { stepSize: 2.5 }, /got 2.5$/],
  ['ExponentialLR', {}, /^ExponentialLR: expected option gamma >= 0, got none$/],
  ['ExponentialLR', { gamma: Number.POSITIVE_INFINITY }, /got Infinity$/],
  ['LinearLR', { startFactor: 0 }, /^LinearLR: expected option startFactor in \(0, 1\], got 0$/],
  ['LinearLR', { endFactor: 1.5 }, /expected option endFactor in \[0, 1\], got 1.5$/],
  ['LinearLR', { totalIters: 0 }, /expected option totalIters to be an integer >= 1, got 0$/],
  ['CosineAnnealingLR', {}, /^CosineAnnealingLR: expected option tMax to be an integer >= 1, got none$/],
  ['CosineAnnealingLR', { tMax: 3, etaMin: -1 }, /expected option etaMin >= 0, got -1$/],
  ['CosineAnnealingLR', { T_max: 3 }, /expected options among tMax, etaMin, got 'T_max'$/],
  ['CosineAnnealingWarmRestarts', { t0: 1.5 }, /expected option t0 to be an integer >= 1, got 1.5$/],
  ['CosineAnnealingWarmRestarts', { t0: 2, tMult: 0 }, /expected option tMult to be an integer >= 1, got 0$/],
  ['OneCycleLR', { totalSteps: 5 }, /^OneCycleLR: expected option maxLr > 0, or a list with one per group, got none$/],
  ['OneCycleLR', { maxLr: [1, 0], totalSteps: 5 }, /got \[1, 0\]$/],
  [
    'OneCycleLR',
    { maxLr: [1, 2], totalSteps: 5 },
    /maxLr to be one value for all groups or a list of 1, got a list of 2$/,
  ],
  ['OneCycleLR', { maxLr: 1 }, /expected option totalSteps to be an integer >= 1, got none$/],
  ['OneCycleLR', { maxLr: 1, epochs: 3 }, /expected option stepsPerEpoch to be an integer >= 1, got none$/],
  ['OneCycleLR', { maxLr: 1, stepsPerEpoch: 3 }, /expected option epochs to be an integer >= 1, got none$/],
  [
    'OneCycleLR',
    { maxLr: 1, totalSteps: 6, epochs: 2, stepsPerEpoch: 3 },
    /expected either totalSteps or epochs and stepsPerEpoch, got both$/,
  ],
  ['OneCycleLR', { maxLr: 1, totalSteps: 5, pctStart: 2 }, /expected option pctStart in \[0, 1\], got 2$/],
  ['OneCycleLR', { maxLr: 1, totalSteps: 5, annealStrategy: 'sin' }, /to be 'cos' or 'linear', got 'sin'$/],
  ['OneCycleLR', { maxLr: 1, totalSteps: 5, divFactor: 0 }, /expected option divFactor > 0, got 0$/],
  ['OneCycleLR', { maxLr: 1, totalSteps: 5, maxMomentum: 1 }, /expected option maxMomentum in \[0, 1\), got 1$/],
  ['LambdaLR', {}, /lrLambda to be a function of the epoch, or a list with one per group, got none$/],
  ['LambdaLR', { lrLambda: [Math.cos, 3] }, /to be a function of the epoch/],
  ['LambdaLR', { lrLambda: [] }, /lrLambda to be one value for all groups or a list of 1, got a list of 0$/],
  ['LambdaLR', { lrLambda: () => -1 }, /^LambdaLR: expected a learning rate >= 0 for group 0 in epoch 0, got -1$/],
  ['LambdaLR', { lrLambda: () => undefined }, /expected a learning rate >= 0 for group 0 in epoch 0, got NaN$/],
  [
    'SequentialLR',
    { milestones: [1] },
    /^SequentialLR: expected option schedulers to be a list of schedules, got none$/,
  ],
  ['SequentialLR', { schedulers: [], milestones: [] }, /expected one fewer milestone than schedules, got 0 and 0$/],
];

const linear = { scheduler: 'LinearLR', options: {} };
const sequences: readonly [string, number, readonly number[], RegExp][] = [
  ['no milestone', 2, [], /expected one fewer milestone than schedules, got 0 and 2$/],
  ['too many milestones', 2, [1, 2], /expected one fewer milestone than schedules, got 2 and 2$/],
  ['decreasing milestones', 3, [5, 4], /expected increasing milestones >= 1, got \[5, 4\]$/],
  ['a repeated milestone', 3, [5, 5], /expected increasing milestones >= 1, got \[5, 5\]$/],
  ['a milestone at the start', 2, [0], /expected increasing milestones >= 1, got \[0\]$/],
];

describe('the options of a schedule', () => {
  it.each(refused)('are refused: %s %o', (scheduler, options, message) => {
    const optimizer = optimizerAt(1);
    const act = () => make(optimizer, { scheduler, options });
    expect(act).toThrow(ValueError);
    expect(act).toThrow(message);
    expect(optimizer.paramGroups[0]).toMatchObject({ lr: 1, momentum: 0.9 });
  });

  it.each(sequences)('are refused in a sequence: %s', (_, parts, milestones, message) => {
    const schedulers = Array.from({ length: parts }, () => linear);
    const act = () => make(optimizerAt(1), { scheduler: 'SequentialLR', options: { schedulers, milestones } });
    expect(act).toThrow(ValueError);
    expect(act).toThrow(message);
  });

  it('are refused in a sequence: a value that is not a schedule, or a schedule for another optimizer', () => {
    const optimizer = optimizerAt(1);
    const sequence = (part: unknown) => () =>
      new lr.SequentialLR(optimizer, { schedulers: [part as lr.Scheduler], milestones: [] });
    expect(sequence({})).toThrow(/^SequentialLR: expected a schedule as scheduler 0, got an object$/);
    const other = new lr.LinearLR(optimizerAt(1));
    expect(sequence(other)).toThrow(/^SequentialLR: expected scheduler 0 to be for the same optimizer, got one for/);
  });

  it.each(['MultiStepLR', 'OneCycleLR', 'SequentialLR'])('of %s must be an object', (name) => {
    const Class = lr[name as 'StepLR'] as new (optimizer: unknown, options?: unknown) => lr.Scheduler;
    for (const options of [null, 0.1]) {
      const message = `${name}: expected an object with options, got ${options}`;
      expect(() => new Class(optimizerAt(1), options)).toThrow(message);
    }
    expect(() => new Class(optimizerAt(1))).toThrow(new RegExp(`^${name}: expected option .*, got none$`));
  });

  it.each([{}, undefined, null])('need an optimizer, not %o', (optimizer) => {
    const act = () => new lr.ExponentialLR(optimizer as never, { gamma: 1 });
    expect(act).toThrow(ValueError);
    expect(act).toThrow(/^ExponentialLR: expected an optimizer, got /);
  });

  it('count a milestone that is listed twice, and one at epoch 0', () => {
    const optimizer = optimizerAt(1);
    const schedule = new lr.MultiStepLR(optimizer, { milestones: [2, 0, 2], gamma: 0.5 });
    expect(ratesOf(optimizer, schedule, 4)).toEqual([0.5, 0.5, 0.125, 0.125]);
  });

  it('are part of the plan of a schedule, defaults included', () => {
    const { plan } = new lr.LinearLR(optimizerAt(1), { totalIters: 2 });
    expect(plan).toEqual({ schedule: lr.LinearLR, options: { startFactor: 1 / 3, endFactor: 1, totalIters: 2 } });
  });
});

describe('a schedule that fails', () => {
  it('changes nothing', () => {
    const optimizer = optimizerAt(1, 2);
    const lrLambda = [() => 1, (epoch: number) => (epoch === 2 ? Number.NaN : 1)];
    const schedule = new lr.LambdaLR(optimizer, { lrLambda });
    schedule.step();
    const before = schedule.stateDict();
    expect(() => schedule.step()).toThrow(/^LambdaLR: expected a learning rate >= 0 for group 1 in epoch 2, got NaN$/);
    expect(schedule.stateDict()).toEqual(before);
    expect(optimizer.paramGroups.map((group) => group.lr)).toEqual([1, 2]);
  });
});
