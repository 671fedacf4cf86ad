import { naturals, nonNegative } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of MultiStepLR. */
export interface MultiStepLROptions {
  /** Epochs at which the rate is multiplied; an epoch that is listed twice counts twice. */
  milestones: readonly number[];
  /** Factor by which it is multiplied, >= 0. Default 0.1. */
  gamma: number;
}

/** Multiplies the learning rate by gamma at each milestone: lr_t = lr_{t-1} gamma^(number of times t is listed). */
export class MultiStepLR extends Scheduler<MultiStepLROptions> {
  static readonly label = 'MultiStepLR';
  static readonly options: OptionTable<MultiStepLROptions> = { milestones: naturals(), gamma: nonNegative(0.1) };

  static rate(epoch: number, { lr }: Readonly<ScheduledGroup>, { milestones, gamma }: MultiStepLROptions): number {
    return milestones.reduce((rate, milestone) => (milestone === epoch ? rate * gamma : rate), lr);
  }

  constructor(optimizer: Scheduled, options: Given<MultiStepLROptions, 'milestones'>) {
    super(MultiStepLR, optimizer, options);
  }
}
