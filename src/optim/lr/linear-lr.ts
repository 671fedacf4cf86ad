import { count, positiveShare, share } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of LinearLR. */
export interface LinearLROptions {
  /** Fraction of the rate in epoch 0, in (0, 1]. Default 1/3. */
  startFactor: number;
  /** Fraction of the rate from epoch `totalIters` on, in [0, 1]. Default 1. */
  endFactor: number;
  /** Epochs from the first fraction to the last, an integer >= 1. Default 5. */
  totalIters: number;
}

/**
 * Changes the rate linearly, for a warm-up or a cool-down:
 *
 *     lr_t = lr_0 (startFactor + (endFactor - startFactor) min(t / totalIters, 1))
 *
 * Each epoch multiplies the current rate by the ratio of the fraction in this epoch to that in the previous one.
 */
export class LinearLR extends Scheduler<LinearLROptions> {
  static readonly label = 'LinearLR';
  static readonly options: OptionTable<LinearLROptions> = {
    startFactor: positiveShare(1 / 3),
    endFactor: share(1),
    totalIters: count(5),
  };

  static rate(epoch: number, { lr }: Readonly<ScheduledGroup>, options: LinearLROptions): number {
    const { startFactor, endFactor, totalIters } = options;
    const factor = (t: number) => startFactor + ((endFactor - startFactor) * t) / totalIters;
    if (epoch === 0) return lr * startFactor;
    return epoch > totalIters ? lr : (lr * factor(epoch)) / factor(epoch - 1);
  }

  constructor(optimizer: Scheduled, options: Given<LinearLROptions> = {}) {
    super(LinearLR, optimizer, options);
  }
}
