import { callback } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { checkPerGroup, ofGroup, perGroup } from './option-per-group.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Returns the factor that multiplies the initial rate in an epoch. */
export type LrLambda = (epoch: number) => number;

/** Options of LambdaLR. */
export interface LambdaLROptions {
  /** One function for all groups, or a list of one per group. */
  lrLambda: LrLambda | readonly LrLambda[];
}

/**
 * Multiplies the initial rate by a function of the epoch: lr_t = lr_0 lrLambda(t). State dicts do not contain the
 * functions; a schedule that loads one keeps its own.
 */
export class LambdaLR extends Scheduler<LambdaLROptions> {
  static readonly label = 'LambdaLR';
  static readonly options: OptionTable<LambdaLROptions> = { lrLambda: perGroup(callback<LrLambda>('the epoch')) };

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
