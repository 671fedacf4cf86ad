import { flag, nonNegative, positive } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { ParamGroup, Params } from '../param-groups.js';
import { type AdaptiveOptions, adaptive, adaptiveScalars } from '../rules/adaptive.js';
import { forEachMomentum } from '../rules/momentum.js';
import { largestSecondMoment, secondMoment } from '../rules/second-moment.js';
import { type Lines, update } from '../rules/update.js';

/** Options of AdaBound; `lr` is 1e-3 and `decay` `'l2'` by default. */
export interface AdaBoundOptions extends AdaptiveOptions {
  /** The learning rate of SGD that the bounds approach while `lr` keeps its initial value, >= 0. Default 0.1. */
  finalLr: number;
  /** How fast the bounds approach it, > 0. Default 1e-3. */
  gamma: number;
  /** Divide by the largest v so far, which is AMSBound. Default false. */
  amsbound: boolean;
}

const descent: Lines = {
  text: `
    const lower = finalRate * (1 - 1 / (gamma * t + 1))
    const upper = finalRate * (1 + 1 / (gamma * t))
    const r     = lr * root / (1 - beta1**t) / (sqrt(vMax) + eps)
    const bounded = r < lower ? lower : r
    const rate  = bounded > upper ? upper : bounded
    theta = theta - (1 / norm) * rate * u`,
  scalars: ['lr', 'beta1', 't', 'eps', 'gamma', 'finalRate'],
};
const plain = forEachMomentum((m) => update(m, secondMoment, descent));
const amsbound = forEachMomentum((m) => update(m, largestSecondMoment, descent));

/**
 * AdaBound (Luo, Xiong, Liu, Sun 2019, Algorithm 2), with the bias corrections and the schedule of the authors' code:
 *
 *     m_t       = beta1 m_{t-1} + (1 - beta1) g_t
 *     v_t       = beta2 v_{t-1} + (1 - beta2) g_t^2                         (AMSBound: the largest so far)
 *     lower_t   = finalLr lr / lr_0 (1 - 1 / (gamma t + 1))
 *     upper_t   = finalLr lr / lr_0 (1 + 1 / (gamma t))
 *     rate_t    = clip(lr sqrt(1 - beta2^t) / (1 - beta1^t) / (sqrt(v_t) + eps), lower_t, upper_t)
 *     theta_t+1 = theta_t - rate_t m_t
 *
 * lr_0 is the `initialLr` of the group.
 */
export class AdaBound extends Optimizer<AdaBoundOptions> {
  static readonly label = 'AdaBound';
  static readonly options: OptionTable<AdaBoundOptions> = {
    ...adaptive('l2', 1e-3),
    finalLr: nonNegative(0.1),
    gamma: positive(1e-3),
    amsbound: flag(false),
  };

  static update(options: AdaBoundOptions) {
    return (options.amsbound ? amsbound : plain)(options.momentum);
  }

  static scalars(t: number, group: ParamGroup<AdaBoundOptions>) {
    const { lr, initialLr, finalLr, gamma } = group;
    // a rate of 0 moves nothing, and an initial rate of 0 has no ratio to the current one
    const finalRate = lr === 0 ? 0 : finalLr * (initialLr === 0 ? 1 : lr / initialLr);
    return { ...adaptiveScalars(t, group), gamma, finalRate };
  }

  constructor(params: Params<AdaBoundOptions>, options: Given<AdaBoundOptions> = {}) {
    super(AdaBound, params, options);
  }
}
