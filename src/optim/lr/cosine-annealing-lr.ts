import { count, nonNegative } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of CosineAnnealingLR. */
export interface CosineAnnealingLROptions {
  /** Epochs from the initial rate to `etaMin`, an integer >= 1; the next `tMax` epochs return to the initial rate. */
  tMax: number;
  /** The lowest rate, >= 0. Default 0. */
  etaMin: number;
}

/**
 * Follows a cosine (Loshchilov, Hutter 2017, equation 5, without restarts):
 *
 *     lr_t = etaMin + (lr_0 - etaMin) (1 + cos(pi t / tMax)) / 2
 *
 * Each epoch multiplies the difference between the current rate and etaMin by the ratio of the height of the cosine in
 * this epoch to that in the previous one. At the lowest point the difference is 0, so the next rate is computed from
 * the initial one.
 */
export class CosineAnnealingLR extends Scheduler<CosineAnnealingLROptions> {
  static readonly label = 'CosineAnnealingLR';
  static readonly options: OptionTable<CosineAnnealingLROptions> = { tMax: count(), etaMin: nonNegative(0) };

  static rate(
    epoch: number,
    { lr, initialLr }: Readonly<ScheduledGroup>,
    { tMax, etaMin }: CosineAnnealingLROptions,
  ): number {
    if (epoch === 0) return lr;
    const height = (t: number) => (1 + Math.cos((Math.PI * (t % (2 * tMax))) / tMax)) / 2;
    const last = height(epoch - 1);
    if (last === 0) return lr + (initialLr - etaMin) * height(epoch);
    return etaMin + ((lr - etaMin) / last) * height(epoch);
  }

  constructor(optimizer: Scheduled, options: Given<CosineAnnealingLROptions, 'tMax'>) {
    super(CosineAnnealingLR, optimizer, options);
  }
}
