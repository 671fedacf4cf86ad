import { nonNegative } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of ExponentialLR. */
export interface ExponentialLROptions {
  /** Factor by which the rate is multiplied, >= 0. */
  gamma: number;
}

/** Multiplies the learning rate by gamma every epoch: lr_t = lr_0 gamma^t. */
export class ExponentialLR extends Scheduler<ExponentialLROptions> {
  static readonly label = 'ExponentialLR';
  static readonly options: OptionTable<ExponentialLROptions> = { gamma: nonNegative() };

  static rate(epoch: number, { lr }: Readonly<ScheduledGroup>, { gamma }: ExponentialLROptions): number {
    return epoch > 0 ? lr * gamma : lr;
  }

  constructor(optimizer: Scheduled, options: Given<ExponentialLROptions, 'gamma'>) {
    super(ExponentialLR, optimizer, options);
  }
}
