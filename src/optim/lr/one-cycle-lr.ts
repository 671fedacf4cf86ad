import { expected, ValueError } from '../../errors.js';
import { count, flag, fraction, oneOf, positive, share } from '../../tensor/option-kinds.js';
import { type Given, type OptionTable, optionsObject, resolveOptions } from '../../tensor/options.js';
import { checkPerGroup, ofGroup, perGroup } from './option-per-group.js';
import { hasMomentum, type Scheduled, type ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of OneCycleLR. */
export interface OneCycleLROptions {
  /** The highest rate, > 0, for all groups or one per group; the initial rates of the groups are not used. */
  maxLr: number | readonly number[];
  /** Number of optimizer steps in the whole cycle, an integer >= 1. */
  totalSteps: number;
  /** Fraction of the cycle in which the rate rises, in [0, 1]. Default 0.3. */
  pctStart: number;
  /** Shape of the rise and of the fall. Default `'cos'`. */
  annealStrategy: 'cos' | 'linear';
  /** The first rate is maxLr / divFactor. Default 25. */
  divFactor: number;
  /** The last rate is the first one / finalDivFactor. Default 1e4. */
  finalDivFactor: number;
  /** Fall in two phases: to the first rate in as many steps as the rise takes, then to the last. Default false. */
  threePhase: boolean;
  /**
   * Move momentum (see ScheduledGroup) in the opposite direction to the rate, which requires an optimizer with
   * momentum.
   * @default true
   */
  cycleMomentum: boolean;
  /** Momentum at the highest rate, in [0, 1). Default 0.85. */
  baseMomentum: number;
  /** Momentum at the first and last rates, in [0, 1). Default 0.95. */
  maxMomentum: number;
}

/** The length of the cycle: in steps, or in epochs and steps per epoch. */
export type CycleLength = { readonly totalSteps: number } | { readonly epochs: number; readonly stepsPerEpoch: number };

/**
 * The 1cycle policy (Smith, Topin 2018) in PyTorch's form: the rate rises from a low value to the highest one and falls
 * to almost 0, and momentum moves in the opposite direction. Call `step()` after every optimizer step. After
 * `totalSteps` calls the last rate stays, and another call throws ValueError.
 */
export class OneCycleLR extends Scheduler<OneCycleLROptions> {
  static readonly label = 'OneCycleLR';
  static readonly options: OptionTable<OneCycleLROptions> = {
    maxLr: perGroup(positive()),
    totalSteps: count(),
    pctStart: share(0.3),
    annealStrategy: oneOf(['cos', 'linear'], 'cos'),
    divFactor: positive(25),
    finalDivFactor: positive(1e4),
    threePhase: flag(false),
    cycleMomentum: flag(true),
    baseMomentum: fraction(0.85),
    maxMomentum: fraction(0.95),
  };

  static rate(epoch: number, _group: Readonly<ScheduledGroup>, options: OneCycleLROptions, index: number): number {
    const highest = ofGroup<number>(options.maxLr, index);
    const first = highest / options.divFactor;
    const last = first / options.finalDivFactor;
    return along(options.threePhase ? [first, highest, first, last] : [first, highest, last], epoch, options);
  }

  static momentum(epoch: number, options: OneCycleLROptions): number | null {
    const { cycleMomentum, baseMomentum: low, maxMomentum: high, threePhase } = options;
    return cycleMomentum ? along(threePhase ? [high, low, high, high] : [high, low, high], epoch, options) : null;
  }

  static check(
    { maxLr, totalSteps, cycleMomentum }: OneCycleLROptions,
    groups: readonly Readonly<ScheduledGroup>[],
    epoch: number,
  ): string | null {
    if (epoch > totalSteps) return `expected at most totalSteps = ${totalSteps} steps, got step ${epoch}`;
    if (cycleMomentum && !groups.every(hasMomentum)) {
      return 'expected groups with momentum, beta1 or betas, or cycleMomentum: false, got a group without momentum';
    }
    return checkPerGroup('maxLr', maxLr, groups);
  }

  constructor(optimizer: Scheduled, options: Given<Omit<OneCycleLROptions, 'totalSteps'>, 'maxLr'> & CycleLength) {
    super(OneCycleLR, optimizer, withTotal(options));
  }
}

const perEpoch: OptionTable<{ epochs: number; stepsPerEpoch: number }> = { epochs: count(), stepsPerEpoch: count() };

/** Returns options with the length of the cycle in steps. */
function withTotal(options: Partial<OneCycleLROptions & { epochs: number; stepsPerEpoch: number }>): object {
  const { epochs, stepsPerEpoch, ...rest } = optionsObject('OneCycleLR', options);
  if (epochs === undefined && stepsPerEpoch === undefined) return rest;
  if (rest.totalSteps !== undefined) {
    throw new ValueError(expected('OneCycleLR', 'either totalSteps or epochs and stepsPerEpoch', 'both'));
  }
  const length = resolveOptions('OneCycleLR', perEpoch, { epochs, stepsPerEpoch });
  return { ...rest, totalSteps: length.epochs * length.stepsPerEpoch };
}

/** Returns the value in an epoch, interpolated between turning points. */
function along(points: readonly number[], epoch: number, options: OneCycleLROptions): number {
  const { totalSteps, pctStart, annealStrategy, threePhase } = options;
  const peak = pctStart * totalSteps - 1;
  const ends = threePhase ? [peak, 2 * pctStart * totalSteps - 2, totalSteps - 1] : [peak, totalSteps - 1];
  const starts = [0, ...ends];
  // a phase of length 0 is skipped, except the last one, which then counts as complete
  const found = ends.findIndex((end, i) => end > starts[i] && epoch <= end);
  const phase = found >= 0 ? found : ends.length - 1;
  const length = ends[phase] - starts[phase];
  const passed = length > 0 ? Math.min(1, (epoch - starts[phase]) / length) : 1;
  const left = annealStrategy === 'linear' ? 1 - passed : (1 + Math.cos(Math.PI * passed)) / 2;
  return points[phase] * left + points[phase + 1] * (1 - left);
}
