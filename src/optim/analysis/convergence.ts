import { count, finite, fraction, nonNegative, positive } from '../../tensor/option-kinds.js';
import { type Given, type OptionTable, resolveOptions } from '../../tensor/options.js';
import { type Form, form } from './form.js';
import { noiseMagnification } from './noise-magnification.js';

/** The quantities that determine the learning rate of Theorem 3.1; f is the loss. */
export interface ConvergenceLrOptions {
  /** Steps taken, t + 1 in the paper; an integer >= 1. */
  steps: number;
  /** The constant C of the rate, in units of the learning rate, > 0. */
  C: number;
  /** f is L-smooth: its gradient changes by at most L per unit of distance; > 0. */
  L: number;
  /** Weight of the difference between PNM's two averages, finite. The bound of the theorem requires >= 0. Default 1. */
  beta0: number;
}

/** The premises of Theorem 3.1. */
export interface ConvergenceOptions extends ConvergenceLrOptions {
  /** Standard deviation of gradient noise: E |g - grad f|^2 <= sigma^2; >= 0. */
  sigma: number;
  /** Largest norm of the gradient of f, >= 0. */
  G: number;
  /** f(theta_0) - f*, the height of the start above the lower bound of f; >= 0. */
  gap: number;
  /** Decay rate of momentum, in [0, 1); each average of the pair decays by beta = beta1^2. Default 0.9. */
  beta1: number;
  /** Default `'printed'`; see `convergenceBound`. */
  form: Form;
}

const rates: OptionTable<ConvergenceLrOptions> = { steps: count(), C: positive(), L: positive(), beta0: finite(1) };
const premises: OptionTable<ConvergenceOptions> = {
  ...rates,
  beta0: nonNegative(1),
  sigma: nonNegative(),
  G: nonNegative(),
  gap: nonNegative(),
  beta1: fraction(0.9),
  form,
};

/**
 * Returns the learning rate that Theorem 3.1 (Xie et al. 2021) prescribes for PNM:
 *
 *     sqrt(gamma) min(1 / (2 L), C / sqrt(steps)),   gamma = (1 + beta0)^2 + beta0^2
 *
 * @throws ValueError for options that are unknown, absent or out of range.
 */
export function convergenceLr(options: Given<ConvergenceLrOptions, 'steps' | 'C' | 'L'>): number {
  const { steps, C, L, beta0 } = resolveOptions('analysis.convergenceLr', rates, options);
  return Math.sqrt(noiseMagnification(beta0)) * Math.min(1 / (2 * L), C / Math.sqrt(steps));
}

/**
 * Returns the bound of Theorem 3.1 on the smallest expected squared norm of the gradient that PNM meets in `steps`
 * steps at `convergenceLr`, in units of |grad f|^2:
 *
 *     2 gap / steps max(2 L, sqrt(steps) / C) + C1 / sqrt(steps)
 *     C1 = C L [(b + beta0)^2 (G^2 + sigma^2) + sigma^2],   b = beta / (1 - beta),   beta = beta1^2
 *
 * C1 is that of the theorem, with the division by (1 - beta)^2 carried out. The proof of the theorem uses
 * x_t = theta_t - eta_0 beta0 m_{t-1} as the sequence with x_{t+1} - x_t = -eta_0 m_t; Algorithm 2 requires + there.
 * The proof also counts only one of the two gradients a turn in the sum of Lemma A.3. With both corrected,
 * z_t - theta_t = eta_0 [(beta0 - b) m_{t-1} - b m_{t-2}], which gives (b + |b - beta0|)^2 instead of (b + beta0)^2:
 * `form: 'derived'`. That is larger if beta0 < b / 2 (PNM's defaults: b = 4.26) and smaller above; the rest of the
 * theorem follows as printed.
 * @throws ValueError for options that are unknown, absent or out of range.
 */
export function convergenceBound(
  options: Given<ConvergenceOptions, 'steps' | 'C' | 'L' | 'sigma' | 'G' | 'gap'>,
): number {
  const given = resolveOptions('analysis.convergenceBound', premises, options);
  const { steps, C, L, sigma, G, gap, beta1, beta0 } = given;
  const beta = beta1 ** 2;
  const b = beta / (1 - beta);
  const lag = given.form === 'printed' ? b + beta0 : b + Math.abs(b - beta0);
  const c1 = C * L * (lag ** 2 * (G ** 2 + sigma ** 2) + sigma ** 2);
  const root = Math.sqrt(steps);
  return ((2 * gap) / steps) * Math.max(2 * L, root / C) + c1 / root;
}
