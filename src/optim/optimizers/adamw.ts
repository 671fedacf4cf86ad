import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { Params } from '../param-groups.js';
import { common } from '../rules/common.js';
import { Adam, type AdamOptions } from './adam.js';

/**
 * AdamW (Loshchilov, Hutter 2019, Algorithm 2): Adam with decoupled weight decay, which is 1e-2 by default and, as in
 * PyTorch, scaled by the learning rate:
 *
 *     theta     = (1 - lr weightDecay) theta_t
 *     theta_t+1 = theta - lr m_hat / (sqrt(v_hat) + eps)
 */
export class AdamW extends Optimizer<AdamOptions> {
  static readonly label = 'AdamW';
  static readonly options: OptionTable<AdamOptions> = { ...Adam.options, ...common('decoupled', 1e-3, 1e-2) };
  static readonly update = Adam.update;
  static readonly scalars = Adam.scalars;

  constructor(params: Params<AdamOptions>, options: Given<AdamOptions> = {}) {
    super(AdamW, params, options);
  }
}
