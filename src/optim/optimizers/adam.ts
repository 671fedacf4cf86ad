import { flag } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { Params } from '../param-groups.js';
import { type AdaptiveOptions, adaptive, adaptiveDescent, adaptiveScalars } from '../rules/adaptive.js';
import { forEachMomentum } from '../rules/momentum.js';
import { largestSecondMoment, secondMoment } from '../rules/second-moment.js';
import { update } from '../rules/update.js';

/** Options of Adam; `lr` is 1e-3 and `decay` `'l2'` by default. */
export interface AdamOptions extends AdaptiveOptions {
  /** Divide by the largest v so far. Default false. */
  amsgrad: boolean;
}

const plain = forEachMomentum((m) => update(m, secondMoment, adaptiveDescent));
const amsgrad = forEachMomentum((m) => update(m, largestSecondMoment, adaptiveDescent));

/**
 * Adam (Kingma, Ba 2015, Algorithm 1):
 *
 *     m_t       = beta1 m_{t-1} + (1 - beta1) g_t
 *     v_t       = beta2 v_{t-1} + (1 - beta2) g_t^2
 *     m_hat     = m_t / (1 - beta1^t)
 *     v_hat     = v_t / (1 - beta2^t)
 *     theta_t+1 = theta_t - lr m_hat / (sqrt(v_hat) + eps)
 */
export class Adam extends Optimizer<AdamOptions> {
  static readonly label = 'Adam';
  static readonly options: OptionTable<AdamOptions> = { ...adaptive('l2', 1e-3), amsgrad: flag(false) };
  static readonly scalars = adaptiveScalars;

  static update(options: AdamOptions) {
    return (options.amsgrad ? amsgrad : plain)(options.momentum);
  }

  constructor(params: Params<AdamOptions>, options: Given<AdamOptions> = {}) {
    super(Adam, params, options);
  }
}
