import { flag } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { Params } from '../param-groups.js';
import { Adam, type AdamOptions } from './adam.js';

/**
 * AMSGrad (Reddi, Kale, Kumar 2018, Algorithm 2): Adam that divides by the largest v so far, with biases corrected as
 * in PyTorch:
 *
 *     v_max     = max(v_t, v_max)
 *     v_hat     = v_max / (1 - beta2^t)
 *     theta_t+1 = theta_t - lr m_hat / (sqrt(v_hat) + eps)
 */
export class AMSGrad extends Optimizer<AdamOptions> {
  static readonly label = 'AMSGrad';
  static readonly options: OptionTable<AdamOptions> = { ...Adam.options, amsgrad: flag(true) };
  static readonly update = Adam.update;
  static readonly scalars = Adam.scalars;

  constructor(params: Params<AdamOptions>, options: Given<AdamOptions> = {}) {
    super(AMSGrad, params, options);
  }
}
