import { count, positiveShare, share } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of LinearLR. */
export interface LinearLROptions {
  /** Share of the rate in epoch 0, in (0, 1]. Default 1/3. */
  startFactor: number;
  /** Share of the rate from epoch `totalIters` on, in [0, 1]. Default 1. */
  endFactor: number;
  /** Epochs from the first share to the last, an integer >= 1. Default 5. */
  totalIters: number;
}

/**
 * Warms up, or cools down, along a line: lr_t = lr_0 (startFactor + (endFactor - startFactor) min(t / totalIters, 1)).
 * The rate in use is multiplied by the share of this epoch over that of the last.
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
