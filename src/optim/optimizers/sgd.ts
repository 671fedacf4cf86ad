import { finite, flag, nonNegative } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { Params } from '../param-groups.js';
import { type CommonOptions, common } from '../rules/common.js';
import { update } from '../rules/update.js';

/** Options of SGD; `decay` is `'l2'` by default and `lr` must be given. */
export interface SGDOptions extends CommonOptions {
  /** Decay factor of the momentum, >= 0. Default 0, which needs no slot. */
  momentum: number;
  /** Fraction of each gradient after the first that does not enter the momentum. Default 0. */
  dampening: number;
  /** Look ahead by one step of momentum; requires momentum > 0 and dampening 0. Default false. */
  nesterov: boolean;
}

const descent = update({ text: 'theta = theta - lr * g', scalars: ['lr'] });

const heavyBall = update({
  text: `
    m     = t == 1 ? g : momentum * m + (1 - dampening) * g
    theta = theta - lr * (nesterov ? g + momentum * m : m)`,
  slots: { m: 0 },
  scalars: ['t', 'lr', 'momentum', 'dampening', 'nesterov'],
});

/**
 * Stochastic gradient descent with momentum in PyTorch's form (Xie et al. 2021, Algorithm 1, where
 * beta1 = momentum and beta3 = 1 - dampening):
 *
 *     m_1       = g_1
 *     m_t       = momentum m_{t-1} + (1 - dampening) g_t
 *     theta_t+1 = theta_t - lr m_t                        (nesterov: lr (g_t + momentum m_t))
 */
export class SGD extends Optimizer<SGDOptions> {
  static readonly label = 'SGD';
  static readonly options: OptionTable<SGDOptions> = {
    ...common('l2'),
    momentum: nonNegative(0),
    dampening: finite(0),
    nesterov: flag(false),
  };

  static update({ momentum }: SGDOptions) {
    return momentum === 0 ? descent : heavyBall;
  }

  static scalars(t: number, { lr, momentum, dampening, nesterov }: SGDOptions) {
    return { t, lr, momentum, dampening, nesterov: Number(nesterov) };
  }

  static check({ momentum, dampening, nesterov }: SGDOptions) {
    if (!nesterov || (momentum > 0 && dampening === 0)) return null;
    return `expected momentum > 0 and dampening 0 with nesterov, got ${momentum} and ${dampening}`;
  }

  constructor(params: Params<SGDOptions>, options: Given<SGDOptions, 'lr'>) {
    super(SGD, params, options);
  }
}
