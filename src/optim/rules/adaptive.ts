import { fractions, positive } from '../../tensor/option-kinds.js';
import type { OptionTable } from '../../tensor/options.js';
import { type CommonOptions, common } from './common.js';
import { beta0Of, type Momentum, momentum } from './momentum.js';
import type { Decay, Lines } from './update.js';

/** Options that all adaptive optimizers share. */
export interface AdaptiveOptions extends CommonOptions {
  /** Decay rates beta1 of momentum and beta2 of squared gradients, in [0, 1). Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the denominator so that it is never 0; > 0. Default 1e-8 unless the optimizer documents another. */
  eps: number;
  /**
   * The moving average of gradients, `'ema'`, or the positive-negative pair, `positiveNegative({ beta0 })`.
   * @default 'ema'
   */
  momentum: Momentum;
}

/** Returns the table of the options that all adaptive optimizers share, with these defaults. */
export function adaptive(
  decay: Decay,
  lr: number,
  { weightDecay = 0, eps = 1e-8 }: { readonly weightDecay?: number; readonly eps?: number } = {},
): OptionTable<AdaptiveOptions> {
  const betas = fractions([0.9, 0.999]);
  return { ...common(decay, lr, weightDecay), betas, eps: positive(eps), momentum: momentum() };
}

/** Returns the scalars of adaptive rules in the t-th step. */
export function adaptiveScalars(t: number, { lr, betas: [beta1, beta2], eps, momentum: kind }: AdaptiveOptions) {
  return { t, lr, beta1, beta2, eps, beta0: beta0Of(kind) };
}

/**
 * The last line of Adam, after a momentum that defines `u` and `norm` and a second moment that defines `vMax` and
 * `root`:
 *
 *     theta_t+1 = theta_t - lr / norm u / (1 - beta1^t) / (sqrt(vMax / (1 - beta2^t)) + eps)
 *
 * Numerator and denominator are multiplied by `root`, which saves one division per element. The scalars are lr, beta1,
 * t and eps.
 */
export const adaptiveDescent: Lines = {
  text: 'theta = theta - lr * root / (norm * (1 - beta1**t)) * u / (sqrt(vMax) + eps * root)',
  scalars: ['lr', 'beta1', 't', 'eps'],
};
