import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueError } from '../../../src/errors.js';
import { lr } from '../../../src/optim/index.js';
import golden from '../../golden/schedules.json' with { type: 'json' };
import { between } from '../arbitrary.js';
import { any, cycle } from './arbitrary.js';
import { type Described, make, optimizerAt, settingsOf, written } from './helpers.js';

/** Returns the same kind of schedule, with options that no test uses. */
function unlike({ scheduler, options }: Described): Described {
  const { schedulers, lrLambda } = options as { schedulers?: readonly Described[]; lrLambda?: string };
  const others: Readonly<Record<string, object>> = {
    MultiStepLR: { milestones: [1], gamma: 9 },
    StepLR: { stepSize: 100, gamma: 9 },
    ExponentialLR: { gamma: 9 },
    LinearLR: { startFactor: 0.77, totalIters: 99 },
    CosineAnnealingLR: { tMax: 99, etaMin: 5 },
    CosineAnnealingWarmRestarts: { t0: 99, etaMin: 5 },
    OneCycleLR: { maxLr: 77, totalSteps: 99, maxMomentum: 0.1 },
    LambdaLR: { lrLambda },
    SequentialLR: { schedulers: schedulers?.map(unlike), milestones: schedulers?.slice(1).map((_, i) => i + 1) },
  };
  return { scheduler, options: others[scheduler] };
}

/** Asserts that a schedule, interrupted and resumed by one with other options, continues with identical numbers. */
function continues(described: Described, rates: readonly number[], epochs: number, cut: number): void {
  const whole = optimizerAt(...rates);
  const all = settingsOf(whole, make(whole, described), epochs);
  const before = optimizerAt(...rates);
  const stopped = make(before, described);
  settingsOf(before, stopped, cut);
  const after = optimizerAt(...rates.map(() => 7));
  const resumed = make(after, unlike(described));
  after.loadStateDict(before.stateDict());
  resumed.loadStateDict(written(stopped));
  expect(resumed.stateDict()).toEqual(stopped.stateDict());
  expect(settingsOf(after, resumed, epochs - cut)).toEqual(all.slice(cut));
}

describe('the state of a schedule', () => {
  it.each(golden.schedules)('continues bit for bit: $scheduler $options', ({ initialLr, lrAtEpoch, ...described }) => {
    for (const cut of [0, 1, 3, 6]) continues(described, [initialLr], Math.min(lrAtEpoch.length, 12), cut);
    continues(described, [initialLr], lrAtEpoch.length, lrAtEpoch.length - 1);
  });

  it('continues bit for bit, for any schedule, after any epoch and with several groups', () => {
    const rates = fc.array(between(0.001, 10), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(any, rates, fc.integer({ min: 0, max: cycle }), (described, start, cut) => {
        continues(described, start, cycle, cut);
      }),
    );
  });

  it('is plain data', () => {
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: cycle }), (described, epochs) => {
        const optimizer = optimizerAt(1);
        const schedule = make(optimizer, described);
        settingsOf(optimizer, schedule, epochs);
        expect(written(schedule)).toEqual(schedule.stateDict());
      }),
    );
  });

  it('lists the schedules of a sequence, without functions', () => {
    const optimizer = optimizerAt(1);
    const schedulers = [new lr.LinearLR(optimizer), new lr.LambdaLR(optimizer, { lrLambda: () => 1 })];
    const schedule = new lr.SequentialLR(optimizer, { schedulers, milestones: [5] });
    expect(schedule.stateDict()).toEqual({
      scheduler: 'SequentialLR',
      epoch: 0,
      lastLr: [1 / 3],
      options: {
        schedulers: [
          { scheduler: 'LinearLR', options: { startFactor: 1 / 3, endFactor: 1, totalIters: 5 } },
          { scheduler: 'LambdaLR', options: {} },
        ],
        milestones: [5],
      },
    });
  });

  const optimizer = optimizerAt(1);
  const step = new lr.StepLR(optimizer, { stepSize: 5 });
  const parts = () => [new lr.LinearLR(optimizer), new lr.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 9 })];
  const sequence = new lr.SequentialLR(optimizer, { schedulers: parts(), milestones: [5] });
  const cycling = new lr.OneCycleLR(optimizer, { maxLr: [1], totalSteps: 9 });
  const [of, sequenceOf, cycleOf] = [step.stateDict(), sequence.stateDict(), cycling.stateDict()];
  const { schedulers } = sequenceOf.options as { schedulers: object[] };
  const [linear, oneCycle] = schedulers;

  it.each<[string, RegExp, lr.Scheduler, unknown]>([
    ['nothing', /^StepLR.loadStateDict: expected the state of StepLR, got undefined$/, step, undefined],
    ['an empty state', /expected the state of StepLR, got an object$/, step, {}],
    ['another schedule', /of StepLR, got that of LinearLR$/, step, new lr.LinearLR(optimizerAt(1)).stateDict()],
    ['other groups', /expected the rates of 1 groups, got 2$/, step, { ...of, lastLr: [1, 2] }],
    ['no rates', /expected the rates of 1 groups, got undefined$/, step, { ...of, lastLr: undefined }],
    ['rates that are not numbers', /expected numbers >= 0 as lastLr, got \[null\]$/, step, { ...of, lastLr: [null] }],
    ['no epoch', /expected an integer >= 0 as epoch, got undefined$/, step, { ...of, epoch: undefined }],
    ['half an epoch', /expected an integer >= 0 as epoch, got 0.5$/, step, { ...of, epoch: 0.5 }],
    ['no options', /expected the options of StepLR, got undefined$/, step, { ...of, options: undefined }],
    ['a bad option', /option gamma >= 0, got -1$/, step, { ...of, options: { stepSize: 1, gamma: -1 } }],
    ['an option missing', /option stepSize to be .*, got none$/, step, { ...of, options: { gamma: 1 } }],
    ['an epoch past the end', /at most totalSteps = 9 steps, got step 10$/, cycling, { ...cycleOf, epoch: 10 }],
    [
      'rates for other groups',
      /a list of 1, got a list of 2$/,
      cycling,
      { ...cycleOf, options: { ...cycleOf.options, maxLr: [1, 2] } },
    ],
    [
      'a sequence of fewer parts',
      /^SequentialLR.loadStateDict: expected the states of 2 schedules, got 1$/,
      sequence,
      { ...sequenceOf, options: { schedulers: [linear], milestones: [] } },
    ],
    [
      'a sequence of no parts',
      /expected the states of 2 schedules, got undefined$/,
      sequence,
      { ...sequenceOf, options: { milestones: [5] } },
    ],
    [
      'a sequence of other parts',
      /^SequentialLR.loadStateDict: expected the state of LinearLR, got that of OneCycleLR$/,
      sequence,
      { ...sequenceOf, options: { schedulers: [oneCycle, linear], milestones: [5] } },
    ],
    [
      'a sequence with a bad part',
      /^SequentialLR.loadStateDict: expected option totalIters .*, got 0$/,
      sequence,
      {
        ...sequenceOf,
        options: { schedulers: [{ ...linear, options: { totalIters: 0 } }, oneCycle], milestones: [5] },
      },
    ],
    [
      'a sequence past the end of a part',
      /^SequentialLR.loadStateDict: OneCycleLR: expected at most totalSteps = 9 steps, got step 10$/,
      sequence,
      { ...sequenceOf, epoch: 15 },
    ],
  ])('is refused and nothing changes: %s', (_, message, schedule, state) => {
    const before = schedule.stateDict();
    const act = () => schedule.loadStateDict(state as lr.SchedulerStateDict);
    expect(act).toThrow(ValueError);
    expect(act).toThrow(message);
    expect(schedule.stateDict()).toEqual(before);
  });
});
