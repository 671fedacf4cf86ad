import type { Option } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { checkPerGroup, ofGroup, perGroup } from './per-group.js';
import type { Scheduled, ScheduledGroup } from './scheduled.js';
import { Scheduler } from './scheduler.js';

/** What the initial rate is multiplied by in an epoch. */
export type LrLambda = (epoch: number) => number;

/** Options of LambdaLR. */
export interface LambdaLROptions {
  /** The factor of an epoch, for all groups or one function per group. */
  lrLambda: LrLambda | readonly LrLambda[];
}

const lambda: Option<LrLambda> = {
  initial: undefined,
  wanted: 'to be a function of the epoch',
  accepts: (x) => typeof x === 'function',
};

/**
 * Multiplies the initial rate by a function of the epoch: lr_t = lr_0 lrLambda(t). States do not hold the functions;
 * the schedule that loads one keeps its own.
 */
export class LambdaLR extends Scheduler<LambdaLROptions> {
  static readonly label = 'LambdaLR';
  static readonly options: OptionTable<LambdaLROptions> = { lrLambda: perGroup(lambda) };

  static rate(
    epoch: number,
    { initialLr }: Readonly<ScheduledGroup>,
    { lrLambda }: LambdaLROptions,
    index: number,
  ): number {
    return initialLr * ofGroup<LrLambda>(lrLambda, index)(epoch);
  }

  static check({ lrLambda }: LambdaLROptions, groups: readonly unknown[]): string | null {
    return checkPerGroup('lrLambda', lrLambda, groups);
  }

  static save(): object {
    return {};
  }

  static load(_label: string, saved: object, { lrLambda }: LambdaLROptions): object {
    return { ...saved, lrLambda };
  }

  constructor(optimizer: Scheduled, options: Given<LambdaLROptions, 'lrLambda'>) {
    super(LambdaLR, optimizer, options);
  }
}
