import { finite, flag, fractions, positive } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { Params } from '../param-groups.js';
import { adaptiveDescent } from '../rules/adaptive.js';
import { type CommonOptions, common } from '../rules/common.js';
import { momentumPair } from '../rules/momentum-pair.js';
import { largestSecondMoment, secondMoment } from '../rules/second-moment.js';
import { update } from '../rules/update.js';

/** Options of AdaPNM; `lr` is 1e-3 and `decay` `'decoupled'` by default. */
export interface AdaPNMOptions extends CommonOptions {
  /** Decay rates beta1 of momentum and beta2 of squared gradients, in [0, 1). Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Weight of the difference between the two averages; larger values magnify the noise. Default 1. */
  beta0: number;
  /** Added to the denominator so that it is never 0; > 0. Default 1e-8. */
  eps: number;
  /** Divide by the largest v so far. Default true, as in Algorithm 3. */
  amsgrad: boolean;
}

const plain = update(momentumPair, secondMoment, adaptiveDescent);
const amsgrad = update(momentumPair, largestSecondMoment, adaptiveDescent);

/**
 * AdaPNM (Xie, Yuan, Zhu, Sugiyama 2021, Algorithm 3), with the bias corrections of the authors' code:
 *
 *     m_t       = beta1^2 m_{t-2} + (1 - beta1^2) g_t
 *     m_hat     = [(1 + beta0) m_t - beta0 m_{t-1}] / (1 - beta1^t)
 *     v_t       = beta2 v_{t-1} + (1 - beta2) g_t^2
 *     v_max     = max(v_t, v_max)                                        (v_t without amsgrad)
 *     v_hat     = v_max / (1 - beta2^t)
 *     theta_t+1 = theta_t - lr / sqrt((1 + beta0)^2 + beta0^2) m_hat / (sqrt(v_hat) + eps)
 *
 * The paper prints the corrections as 1 - beta1^2 and 1 - beta2^2. With beta0 = -beta1 / (1 + beta1) this is AMSGrad
 * (Adam without amsgrad) at the learning rate lr (1 + beta1) / sqrt(1 + beta1^2).
 */
export class AdaPNM extends Optimizer<AdaPNMOptions> {
  static readonly label = 'AdaPNM';
  static readonly options: OptionTable<AdaPNMOptions> = {
    ...common('decoupled', 1e-3),
    betas: fractions([0.9, 0.999]),
    beta0: finite(1),
    eps: positive(1e-8),
    amsgrad: flag(true),
  };

  static update(options: AdaPNMOptions) {
    return options.amsgrad ? amsgrad : plain;
  }

  static scalars(t: number, { lr, betas: [beta1, beta2], beta0, eps }: AdaPNMOptions) {
    return { t, lr, beta1, beta2, beta0, eps };
  }

  constructor(params: Params<AdaPNMOptions>, options: Given<AdaPNMOptions> = {}) {
    super(AdaPNM, params, options);
  }
}
