import { flag, positive } from '../../tensor/option-kinds.js';
import type { Given, OptionTable } from '../../tensor/options.js';
import { Optimizer } from '../optimizer.js';
import type { Params } from '../param-groups.js';
import { type AdaptiveOptions, adaptive, adaptiveScalars } from '../rules/adaptive.js';
import { forEachMomentum } from '../rules/momentum.js';
import { largestSecondMoment, secondMoment } from '../rules/second-moment.js';
import { type Lines, update } from '../rules/update.js';

/** Options of Padam; `lr` is 0.1 and `decay` `'l2'` by default. */
export interface PadamOptions extends AdaptiveOptions {
  /** The power of v in the denominator, > 0: 1/2 is AMSGrad, and 0 would be SGD with momentum. Default 0.25. */
  partial: number;
  /** Divide by the largest v so far. Default true. */
  amsgrad: boolean;
}

/** Returns the rules that divide by this power of the denominator d. */
function rules(power: string, scalars: readonly string[] = []) {
  const descent: Lines = {
    text: `
      const d = sqrt(vMax) + eps
      theta = theta - lr * root / (norm * (1 - beta1**t)) * u / ${power}`,
    scalars: ['lr', 'beta1', 't', 'eps', ...scalars],
  };
  const plain = forEachMomentum((m) => update(m, secondMoment, descent));
  const amsgrad = forEachMomentum((m) => update(m, largestSecondMoment, descent));
  return { plain, amsgrad };
}

const anyPower = rules('d**(2 * partial)', ['partial']);
/** Roots cost a tenth of other powers. 1/4 is the default; the experiments of the paper use 1/8. */
const roots = new Map([
  [1 / 4, rules('sqrt(d)')],
  [1 / 8, rules('sqrt(sqrt(d))')],
]);

/**
 * Padam (Chen, Zhou, Tang, Yang, Cao, Gu 2020, Algorithm 1), with the bias corrections and eps of the authors' code:
 *
 *     m_t       = beta1 m_{t-1} + (1 - beta1) g_t
 *     v_t       = beta2 v_{t-1} + (1 - beta2) g_t^2
 *     v_max     = max(v_t, v_max)                                          (v_t without amsgrad)
 *     theta_t+1 = theta_t - lr sqrt(1 - beta2^t) / (1 - beta1^t) m_t / (sqrt(v_max) + eps)^(2 partial)
 */
export class Padam extends Optimizer<PadamOptions> {
  static readonly label = 'Padam';
  static readonly options: OptionTable<PadamOptions> = {
    ...adaptive('l2', 0.1),
    partial: positive(0.25),
    amsgrad: flag(true),
  };

  static update(options: PadamOptions) {
    const { amsgrad, plain } = roots.get(options.partial) ?? anyPower;
    return (options.amsgrad ? amsgrad : plain)(options.momentum);
  }

  static scalars(t: number, options: PadamOptions) {
    return { ...adaptiveScalars(t, options), partial: options.partial };
  }

  constructor(params: Params<PadamOptions>, options: Given<PadamOptions> = {}) {
    super(Padam, params, options);
  }
}
