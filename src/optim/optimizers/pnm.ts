import { finite, fraction } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { Params } from '../param-groups.js';
import { type CommonOptions, common } from '../rules/common.js';
import { momentumPair } from '../rules/momentum-pair.js';
import { update } from '../rules/update.js';

/** Options of PNM; `decay` is `'decoupled'` by default and `lr` must be given. */
export interface PNMOptions extends CommonOptions {
  /** Decay rate of momentum, in [0, 1). Default 0.9. */
  beta1: number;
  /** Weight of the difference between the two averages; larger values magnify the noise. Default 1. */
  beta0: number;
}

/**
 * Stochastic Positive-Negative Momentum (Xie, Yuan, Zhu, Sugiyama 2021, Algorithm 2):
 *
 *     m_t       = beta1^2 m_{t-2} + (1 - beta1^2) g_t
 *     theta_t+1 = theta_t - lr / sqrt((1 + beta0)^2 + beta0^2) [(1 + beta0) m_t - beta0 m_{t-1}]
 *
 * With beta0 = -beta1 / (1 + beta1) this is momentum m_t = beta1 m_{t-1} + (1 - beta1) g_t at the learning rate
 * lr (1 + beta1) / sqrt(1 + beta1^2).
 */
export class PNM extends Optimizer<PNMOptions> {
  static readonly label = 'PNM';
  static readonly options: OptionTable<PNMOptions> = {
    ...common('decoupled'),
    beta1: fraction(0.9),
    beta0: finite(1),
  };
  static readonly update = update(momentumPair, {
    text: 'theta = theta - lr / norm * u',
    scalars: ['lr'],
  });

  static scalars(_t: number, { lr, beta1, beta0 }: PNMOptions) {
    return { lr, beta1, beta0 };
  }

  constructor(params: Params<PNMOptions>, options: Given<PNMOptions, 'lr'>) {
    super(PNM, params, options);
  }
}
