import { nonNegative } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { Params } from '../param-groups.js';
import { type AdaptiveOptions, adaptive, adaptiveDescent, adaptiveScalars } from '../rules/adaptive.js';
import { forEachMomentum, startingFrom } from '../rules/momentum.js';
import { type Lines, update } from '../rules/update.js';

/** Options of Yogi; `lr` is 1e-2, `eps` 1e-3 and `decay` `'l2'` by default. */
export interface YogiOptions extends AdaptiveOptions {
  /** Initial value of both averages, >= 0. Default 1e-6. */
  initialAccumulator: number;
}

/** A second moment that moves by at most the squared gradient. */
const additiveSecondMoment: Lines = {
  text: `
    v = v - (1 - beta2) * ((v > g**2 ? g**2 : 0) - (v < g**2 ? g**2 : 0))
    const vMax = v
    const root = sqrt(1 - beta2**t)`,
  slots: { v: 'initialAccumulator' },
  scalars: ['beta2', 't'],
};
const rule = forEachMomentum((m) =>
  update(startingFrom('initialAccumulator', m), additiveSecondMoment, adaptiveDescent),
);

/**
 * Yogi (Zaheer, Reddi, Sachan, Kale, Kumar 2018, Algorithm 2), with bias corrections as in its public code:
 *
 *     m_t       = beta1 m_{t-1} + (1 - beta1) g_t
 *     v_t       = v_{t-1} - (1 - beta2) sign(v_{t-1} - g_t^2) g_t^2
 *     m_hat     = m_t / (1 - beta1^t)
 *     v_hat     = v_t / (1 - beta2^t)
 *     theta_t+1 = theta_t - lr m_hat / (sqrt(v_hat) + eps)
 *
 * Both averages start from initialAccumulator. The sign jumps at v_{t-1} = g_t^2, where v does not change. Close to
 * that point rounding decides the sign, so runs in different precisions diverge.
 */
export class Yogi extends Optimizer<YogiOptions> {
  static readonly label = 'Yogi';
  static readonly options: OptionTable<YogiOptions> = {
    ...adaptive('l2', 1e-2, { eps: 1e-3 }),
    initialAccumulator: nonNegative(1e-6),
  };

  static update(options: YogiOptions) {
    return rule(options.momentum);
  }

  static scalars(t: number, options: YogiOptions) {
    return { ...adaptiveScalars(t, options), initialAccumulator: options.initialAccumulator };
  }

  constructor(params: Params<YogiOptions>, options: Given<YogiOptions> = {}) {
    super(Yogi, params, options);
  }
}
