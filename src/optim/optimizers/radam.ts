import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { Params } from '../param-groups.js';
import { type AdaptiveOptions, adaptive, adaptiveScalars } from '../rules/adaptive.js';
import { forEachMomentum } from '../rules/momentum.js';
import { secondMoment } from '../rules/second-moment.js';
import { type Lines, update } from '../rules/update.js';

const descent: Lines = {
  text: `
    const rhoInf = 2 / (1 - beta2) - 1
    const rho    = rhoInf - 2 * t * beta2**t / (1 - beta2**t)
    const r      = sqrt((rho - 4) * (rho - 2) * rhoInf / ((rhoInf - 4) * (rhoInf - 2) * rho))
    const step   = lr / (norm * (1 - beta1**t))
    theta = theta - (rho > 5 ? step * r * root / (sqrt(vMax) + eps) : step) * u`,
  scalars: ['lr', 'beta1', 'beta2', 't', 'eps'],
};
const rule = forEachMomentum((m) => update(m, secondMoment, descent));

/**
 * RAdam (Liu et al. 2020, Algorithm 2), with the threshold and eps of PyTorch:
 *
 *     m_t       = beta1 m_{t-1} + (1 - beta1) g_t
 *     v_t       = beta2 v_{t-1} + (1 - beta2) g_t^2
 *     m_hat     = m_t / (1 - beta1^t)
 *     rho_inf   = 2 / (1 - beta2) - 1
 *     rho_t     = rho_inf - 2 t beta2^t / (1 - beta2^t)
 *     r_t       = sqrt((rho_t - 4) (rho_t - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho_t))
 *     l_t       = sqrt(1 - beta2^t) / (sqrt(v_t) + eps)
 *     theta_t+1 = theta_t - lr m_hat r_t l_t                               (rho_t > 5, otherwise lr m_hat)
 */
export class RAdam extends Optimizer<AdaptiveOptions> {
  static readonly label = 'RAdam';
  static readonly options: OptionTable<AdaptiveOptions> = adaptive('l2', 1e-3);
  static readonly scalars = adaptiveScalars;

  static update(options: AdaptiveOptions) {
    return rule(options.momentum);
  }

  constructor(params: Params<AdaptiveOptions>, options: Given<AdaptiveOptions> = {}) {
    super(RAdam, params, options);
  }
}
