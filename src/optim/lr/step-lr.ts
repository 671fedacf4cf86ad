import { count, nonNegative } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of StepLR. */
export interface StepLROptions {
  /** Epochs from one change to the next, an integer >= 1. */
  stepSize: number;
  /** Factor by which the rate is multiplied, >= 0. Default 0.1. */
  gamma: number;
}

/** Multiplies the learning rate by gamma every `stepSize` epochs: lr_t = lr_0 gamma^floor(t / stepSize). */
export class StepLR extends Scheduler<StepLROptions> {
  static readonly label = 'StepLR';
  static readonly options: OptionTable<StepLROptions> = { stepSize: count(), gamma: nonNegative(0.1) };

  static rate(epoch: number, { lr }: Readonly<ScheduledGroup>, { stepSize, gamma }: StepLROptions): number {
    return epoch > 0 && epoch % stepSize === 0 ? lr * gamma : lr;
  }

  constructor(optimizer: Scheduled, options: Given<StepLROptions, 'stepSize'>) {
    super(StepLR, optimizer, options);
  }
}
