import { finite, fraction } from '../../tensor/option-kinds.js';
import { type Given, type OptionTable, resolveOptions } from '../../tensor/options.js';
import { noiseMagnification } from './noise-magnification.js';

/** The options of PNM on which its stability depends. */
export interface StabilityOptions {
  /** Weight of the difference between PNM's two averages. Default 1. */
  beta0: number;
  /** Decay rate of momentum, in [0, 1). It matters only for beta0 < -1/4. Default 0.9. */
  beta1: number;
}

const table: OptionTable<StabilityOptions> = { beta0: finite(1), beta1: fraction(0.9) };

/**
 * Returns PNM's limit of stability on quadratics: the number below which lr times the largest curvature L must be so
 * that PNM converges without noise. For beta0 >= -1/4 it is, whatever beta1,
 *
 *     lr L < 2 sqrt(gamma) / (1 + 2 beta0),   gamma = (1 + beta0)^2 + beta0^2
 *
 * where lr is the option of `PNM` (Xie et al. 2021, Algorithm 2), which divides it by sqrt(gamma); without that
 * division it would be 2 / (1 + 2 beta0). It is 2 for beta0 = 0, 2 sqrt(5) / 3 = 1.4907 for beta0 = 1, tends to sqrt(2)
 * for large beta0, and with beta0 = `beta0OfMomentum(beta1)` is the limit of the heavy ball, 2 (1 + beta1) / (1 - beta1)
 * at the rate `lrOfMomentum(lr, beta1)`. L2 decay adds its strength to L; decoupled decay is not part of it.
 *
 * Derivation. On L theta^2 / 2 the gradient is L theta. With b = beta1^2 and a = lr L / sqrt(gamma), solutions theta_t =
 * z^t of Algorithm 2 satisfy
 *
 *     (z - 1)(z^2 - b) + a (1 - b) [(1 + beta0) z^2 - beta0 z] = 0
 *
 * By Jury's criterion all three roots are inside the unit circle if and only if a > 0 and
 *
 *     at z = -1:       a (1 + 2 beta0) < 2
 *     complex pairs:  -a (beta0 + b (1 + beta0)) < 1 + b
 *
 * Both sides of the first contain the factor 1 - b, which cancels: at z = -1, where the iterate changes sign in every
 * step, either average has the gain (1 - b) / (1 - b) = 1. The first condition implies the second if beta0 >= -(1 + 3 b)
 * / (4 (1 + b)), which -1/4 and the value of momentum are for every b. For smaller beta0 the second decides, and the
 * result depends on beta1: with beta0 = -1 it is 1 + beta1^2.
 * @throws ValueError for options that are unknown or out of range.
 * @example
 * const largest = optim.analysis.stabilityLimit({ beta0: 1 }) / (await optim.analysis.sharpness(model, loss));
 */
export function stabilityLimit(options?: Given<StabilityOptions>): number {
  const { beta0, beta1 } = resolveOptions('analysis.stabilityLimit', table, options);
  const b = beta1 ** 2;
  const alternating = 1 + 2 * beta0;
  const rotating = -(beta0 + b * (1 + beta0));
  const a = Math.min(
    alternating > 0 ? 2 / alternating : Number.POSITIVE_INFINITY,
    rotating > 0 ? (1 + b) / rotating : Number.POSITIVE_INFINITY,
  );
  return Math.sqrt(noiseMagnification(beta0)) * a;
}
