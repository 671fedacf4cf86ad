import { flag, nonNegative, oneOf } from '../../tensor/option-kinds.js';
import type { OptionTable } from '../../tensor/options.js';
import type { Decay } from './update.js';

/** Options that every optimizer takes. */
export interface CommonOptions {
  /** Learning rate, >= 0. */
  lr: number;
  /** Strength of weight decay, >= 0. Default 0 unless the optimizer says otherwise. */
  weightDecay: number;
  /** Where weight decay enters: `'l2'` g + weightDecay theta, or `'decoupled'` theta (1 - lr weightDecay) before the update. */
  decay: Decay;
  /** Climb instead of descend: the gradient is negated first. Default false. */
  maximize: boolean;
}

/** The table of the options that every optimizer takes, with its defaults; without `lr` the caller must give one. */
export function common(decay: Decay, lr?: number, weightDecay = 0): OptionTable<CommonOptions> {
  return {
    lr: nonNegative(lr),
    weightDecay: nonNegative(weightDecay),
    decay: oneOf(['l2', 'decoupled'], decay),
    maximize: flag(false),
  };
}
