import { count, nonNegative } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of CosineAnnealingWarmRestarts. */
export interface CosineAnnealingWarmRestartsOptions {
  /** Epochs until the first restart, an integer >= 1. */
  t0: number;
  /** Ratio of the length of each period to that of the one before, an integer >= 1. Default 1. */
  tMult: number;
  /** The lowest rate, >= 0. Default 0. */
  etaMin: number;
}

/**
 * SGDR (Loshchilov, Hutter 2017, equation 5). The periods are T = t0, t0 tMult, t0 tMult^2 ... epochs long, and the
 * rate t epochs into a period is
 *
 *     lr_t = etaMin + (lr_0 - etaMin) (1 + cos(pi t / T)) / 2
 */
export class CosineAnnealingWarmRestarts extends Scheduler<CosineAnnealingWarmRestartsOptions> {
  static readonly label = 'CosineAnnealingWarmRestarts';
  static readonly continuous = true;
  static readonly options: OptionTable<CosineAnnealingWarmRestartsOptions> = {
    t0: count(),
    tMult: count(1),
    etaMin: nonNegative(0),
  };

  static rate(
    epoch: number,
    { initialLr }: Readonly<ScheduledGroup>,
    { t0, tMult, etaMin }: CosineAnnealingWarmRestartsOptions,
  ): number {
    let period = t0;
    let t = tMult === 1 ? epoch % t0 : epoch;
    while (t >= period) {
      t -= period;
      period *= tMult;
    }
    return etaMin + ((initialLr - etaMin) * (1 + Math.cos((Math.PI * t) / period))) / 2;
  }

  constructor(optimizer: Scheduled, options: Given<CosineAnnealingWarmRestartsOptions, 't0'>) {
    super(CosineAnnealingWarmRestarts, optimizer, options);
  }

  /** Advances to the next epoch, or goes to `epoch` >= 0, which may be fractional: `step(epoch + batch / batches)`. */
  override step(epoch: number = this.epoch + 1): void {
    this.goTo(epoch);
  }
}
