import { expected, ValueError } from '../../errors.js';
import { count, flag, fraction, oneOf, positive, share } from '../../tensor/option-kinds.js';
import { type Given, type OptionTable, optionsObject, resolveOptions } from '../../tensor/options.js';
import { checkPerGroup, ofGroup, perGroup } from './option-per-group.js';
import { hasMomentum, type Scheduled, type ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of OneCycleLR. */
export interface OneCycleLROptions {
  /** The highest rate, > 0, for all groups or one per group; the rates that groups started with play no part. */
  maxLr: number | readonly number[];
  /** Optimizer steps of the whole cycle, an integer >= 1. */
  totalSteps: number;
  /** Share of the cycle in which the rate rises, in [0, 1]. Default 0.3. */
  pctStart: number;
  /** Shape of the rise and of the fall. Default `'cos'`. */
  annealStrategy: 'cos' | 'linear';
  /** The first rate is maxLr / divFactor. Default 25. */
  divFactor: number;
  /** The last rate is the first one / finalDivFactor. Default 1e4. */
  finalDivFactor: number;
  /** Fall in two phases, back to the first rate in as many steps as the rise and then to the last. Default false. */
  threePhase: boolean;
  /** Move momentum (see ScheduledGroup) against the rate. Default true, which needs an optimizer that has momentum. */
  cycleMomentum: boolean;
  /** Momentum at the highest rate, in [0, 1). Default 0.85. */
  baseMomentum: number;
  /** Momentum at the first and last rates, in [0, 1). Default 0.95. */
  maxMomentum: number;
}

/** The length of the cycle: in steps, or in epochs of so many steps. */
export type CycleLength = { readonly totalSteps: number } | { readonly epochs: number; readonly stepsPerEpoch: number };

/**
 * The 1cycle policy (Smith, Topin 2018) in PyTorch's form: from a low rate up to the highest one and down again to next
 * to nothing, with momentum going the other way. Call `step()` after every optimizer step; after `totalSteps` of them the
 * last rate stays, and going on is an error.
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
      return 'expected groups with momentum, beta1 or betas, or cycleMomentum: false, got a group without';
    }
    return checkPerGroup('maxLr', maxLr, groups);
  }

  constructor(optimizer: Scheduled, options: Given<Omit<OneCycleLROptions, 'totalSteps'>, 'maxLr'> & CycleLength) {
    super(OneCycleLR, optimizer, withTotal(options));
  }
}

const perEpoch: OptionTable<{ epochs: number; stepsPerEpoch: number }> = { epochs: count(), stepsPerEpoch: count() };

/** Options with the length of the cycle in steps. */
function withTotal(options: Partial<OneCycleLROptions & { epochs: number; stepsPerEpoch: number }>): object {
  const { epochs, stepsPerEpoch, ...rest } = optionsObject('OneCycleLR', options);
  if (epochs === undefined && stepsPerEpoch === undefined) return rest;
  if (rest.totalSteps !== undefined) {
    throw new ValueError(expected('OneCycleLR', 'either totalSteps or epochs and stepsPerEpoch', 'both'));
  }
  const length = resolveOptions('OneCycleLR', perEpoch, { epochs, stepsPerEpoch });
  return { ...rest, totalSteps: length.epochs * length.stepsPerEpoch };
}

/** The value in an epoch on the way from one turning point to the next. */
function along(points: readonly number[], epoch: number, options: OneCycleLROptions): number {
  const { totalSteps, pctStart, annealStrategy, threePhase } = options;
  const peak = pctStart * totalSteps - 1;
  const ends = threePhase ? [peak, 2 * pctStart * totalSteps - 2, totalSteps - 1] : [peak, totalSteps - 1];
  const starts = [0, ...ends];
  // a phase without length is left out, but for the last one, which is then over
  const found = ends.findIndex((end, i) => end > starts[i] && epoch <= end);
  const phase = found >= 0 ? found : ends.length - 1;
  const length = ends[phase] - starts[phase];
  const passed = length > 0 ? Math.min(1, (epoch - starts[phase]) / length) : 1;
  const left = annealStrategy === 'linear' ? 1 - passed : (1 + Math.cos(Math.PI * passed)) / 2;
  return points[phase] * left + points[phase + 1] * (1 - left);
}
