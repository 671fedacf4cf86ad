import { describe, expect, it } from 'vitest';
import { lr, SGD } from '../../src/optim/index.js';
import { ValueError } from '../../src/tensor/errors.js';
import golden from '../golden/schedules.json' with { type: 'json' };
import { close } from '../helpers/close.js';
import { parameter } from './helpers.js';

const schedules = { MultiStepLR: lr.MultiStepLR };

const optimizerAt = (...rates: number[]) =>
  new SGD(
    rates.map((rate) => ({ params: [parameter([1])], lr: rate })),
    { lr: 1 },
  );

/** The rates of the first group in epochs 0, 1, 2 ... */
function ratesOf(optimizer: SGD, schedule: lr.Scheduler, epochs: number): number[] {
  return Array.from({ length: epochs }, () => {
    const rate = optimizer.paramGroups[0].lr;
    expect(schedule.getLastLr()[0]).toBe(rate);
    schedule.step();
    return rate;
  });
}

describe('schedules', () => {
  for (const { scheduler, options, initialLr, lrAtEpoch } of golden.schedules) {
    const Class = schedules[scheduler as keyof typeof schedules];

    it(`${scheduler} follows PyTorch`, () => {
      const optimizer = optimizerAt(initialLr);
      close(ratesOf(optimizer, new Class(optimizer, options), lrAtEpoch.length), lrAtEpoch, 1e-9, 0);
    });

    it(`${scheduler} continues bit for bit from its state and the optimizer's`, () => {
      const whole = optimizerAt(initialLr);
      const rates = ratesOf(whole, new Class(whole, options), lrAtEpoch.length);
      for (const cut of [0, 3, 8, 20]) {
        const before = optimizerAt(initialLr);
        const stopped = new Class(before, options);
        ratesOf(before, stopped, cut);
        const after = optimizerAt(7);
        const resumed = new Class(after, { milestones: [1], gamma: 9 });
        after.loadStateDict(before.stateDict());
        resumed.loadStateDict(JSON.parse(JSON.stringify(stopped.stateDict())));
        expect(resumed.getLastLr()).toEqual(stopped.getLastLr());
        expect(ratesOf(after, resumed, rates.length - cut)).toEqual(rates.slice(cut));
      }
    });
  }
});

describe('MultiStepLR', () => {
  it('moves every group from its own rate, and groups that are added later', () => {
    const optimizer = optimizerAt(1, 0.5);
    const schedule = new lr.MultiStepLR(optimizer, { milestones: [1, 2], gamma: 0.5 });
    schedule.step();
    expect(schedule.getLastLr()).toEqual([0.5, 0.25]);
    optimizer.addParamGroup({ params: [parameter([1])], lr: 8 });
    schedule.step();
    expect(schedule.getLastLr()).toEqual([0.25, 0.125, 4]);
    expect(optimizer.paramGroups.map(({ initialLr }) => initialLr)).toEqual([1, 0.5, 8]);
  });

  it('counts a milestone that is listed twice, and one at epoch 0', () => {
    const optimizer = optimizerAt(1);
    const schedule = new lr.MultiStepLR(optimizer, { milestones: [2, 0, 2], gamma: 0.5 });
    expect(ratesOf(optimizer, schedule, 4)).toEqual([0.5, 0.5, 0.125, 0.125]);
  });

  it('multiplies with another schedule on the same optimizer', () => {
    const optimizer = optimizerAt(1);
    const first = new lr.MultiStepLR(optimizer, { milestones: [1, 3], gamma: 0.5 });
    const second = new lr.MultiStepLR(optimizer, { milestones: [2, 3], gamma: 0.25 });
    const rates = [0, 1, 2, 3].map(() => {
      const rate = optimizer.paramGroups[0].lr;
      first.step();
      second.step();
      return rate;
    });
    expect(rates).toEqual([1, 0.5, 0.125, 0.015625]);
  });

  const optimizer = optimizerAt(1);
  const schedule = new lr.MultiStepLR(optimizer, { milestones: [5] });
  const state = schedule.stateDict();

  it.each<[string, RegExp, () => unknown]>([
    [
      'no milestones',
      /^MultiStepLR: expected option milestones to be a list .*, got none$/,
      () => new lr.MultiStepLR(optimizer, {} as never),
    ],
    ['a negative milestone', /got \[-1\]$/, () => new lr.MultiStepLR(optimizer, { milestones: [-1] })],
    ['a broken milestone', /got \[1.5\]$/, () => new lr.MultiStepLR(optimizer, { milestones: [1.5] })],
    [
      'an unknown option',
      /expected options among milestones, gamma, got 'stepSize'$/,
      () => new lr.MultiStepLR(optimizer, { milestones: [1], stepSize: 3 } as never),
    ],
    [
      'a negative gamma',
      /expected option gamma >= 0, got -1$/,
      () => new lr.MultiStepLR(optimizer, { milestones: [1], gamma: -1 }),
    ],
    [
      'what is no optimizer',
      /^MultiStepLR: expected an optimizer, got an object$/,
      () => new lr.MultiStepLR({} as never, { milestones: [1] }),
    ],
    [
      'the state of another schedule',
      /expected the state of MultiStepLR, got that of StepLR$/,
      () => schedule.loadStateDict({ ...state, scheduler: 'StepLR' }),
    ],
    [
      'a state for other groups',
      /expected the rates of 1 groups, got 2$/,
      () => schedule.loadStateDict({ ...state, lastLr: [1, 2] }),
    ],
    [
      'a state without epoch',
      /expected a whole number >= 0 as epoch, got undefined$/,
      () => schedule.loadStateDict({ ...state, epoch: undefined as never }),
    ],
    [
      'a state with bad options',
      /expected option gamma >= 0, got -1$/,
      () => schedule.loadStateDict({ ...state, options: { milestones: [1], gamma: -1 } }),
    ],
  ])('refuses %s and changes nothing', (_, message, act) => {
    expect(act).toThrow(ValueError);
    expect(act).toThrow(message);
    expect(schedule.stateDict()).toEqual(state);
  });
});
