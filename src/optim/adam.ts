import { type CommonOptions, common, type Params } from './groups.js';
import { Optimizer } from './optimizer.js';
import { flag, fractions, positive } from './option.js';
import type { Given, OptionTable } from './options.js';
import { largestSecondMoment, secondMoment } from './second-moment.js';
import { type Lines, update } from './update.js';

/** Options of Adam; `lr` is 1e-3 and `decay` `'l2'` by default. */
export interface AdamOptions extends CommonOptions {
  /** Decay rates beta1 of momentum and beta2 of squared gradients, in [0, 1). Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Keeps the denominator from 0, > 0. Default 1e-8. */
  eps: number;
  /** Divide by the largest v so far. Default false. */
  amsgrad: boolean;
}

const momentum: Lines = {
  text: 'm = beta1 * m + (1 - beta1) * g',
  slots: { m: 0 },
  scalars: ['beta1'],
};
const descent: Lines = {
  text: 'theta = theta - lr * root / (1 - beta1**t) * m / (sqrt(vMax) + eps * root)',
  scalars: ['lr', 'eps'],
};
const plain = update(momentum, secondMoment, descent);
const amsgrad = update(momentum, largestSecondMoment, descent);

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
  static readonly options: OptionTable<AdamOptions> = {
    ...common('l2', 1e-3),
    betas: fractions([0.9, 0.999]),
    eps: positive(1e-8),
    amsgrad: flag(false),
  };

  static update(options: AdamOptions) {
    return options.amsgrad ? amsgrad : plain;
  }

  static scalars(t: number, { lr, betas: [beta1, beta2], eps }: AdamOptions) {
    return { t, lr, beta1, beta2, eps };
  }

  constructor(params: Params<AdamOptions>, options: Given<AdamOptions> = {}) {
    super(Adam, params, options);
  }
}
