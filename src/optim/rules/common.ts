import { flag, nonNegative, oneOf } from '../../tensor/option-kinds.js';
import type { OptionTable } from '../../tensor/options.js';
import type { Decay } from './update.js';

/** Options that every optimizer takes. */
export interface CommonOptions {
  /** Learning rate, >= 0. */
  lr: number;
  /** Strength of weight decay, >= 0. Default 0 unless the optimizer documents another. */
  weightDecay: number;
  /**
   * How weight decay is applied: `'l2'` replaces the gradient g by g + weightDecay theta; `'decoupled'` multiplies
   * theta by 1 - lr weightDecay before the update. Each optimizer documents its default.
   */
  decay: Decay;
  /** Ascend instead of descend: the gradient is negated first. Default false. */
  maximize: boolean;
}

/** Returns the table of the options that every optimizer takes, with these defaults; without `lr`, it must be given. */
export function common(decay: Decay, lr?: number, weightDecay = 0): OptionTable<CommonOptions> {
  return {
    lr: nonNegative(lr),
    weightDecay: nonNegative(weightDecay),
    decay: oneOf(['l2', 'decoupled'], decay),
    maximize: flag(false),
  };
}
