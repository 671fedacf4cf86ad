import { finite, fraction, nonNegative, type Option } from '../../tensor/option-kinds.js';
import { checkArgument } from '../../tensor/options.js';

/** A magnification is at least 1/2, its value at beta0 = -1/2: the average of two independent gradients. */
const atLeastHalf: Option<number> = {
  initial: undefined,
  wanted: '>= 0.5',
  accepts: (x) => typeof x === 'number' && Number.isFinite(x) && x >= 0.5,
};

/**
 * Returns gamma = (1 + beta0)^2 + beta0^2, the factor by which the positive-negative pair multiplies the variance of
 * gradient noise (Xie et al. 2021, equation 9); dimensionless, >= 1/2. The paper derives it for noise that is
 * independent from step to step, and takes the variance of one moving average to be that of a gradient. An average with
 * decay beta1^2 has (1 - beta1^2) / (1 + beta1^2) times the variance of a gradient, and gamma multiplies that.
 * @throws ValueError unless beta0 is finite.
 */
export function noiseMagnification(beta0: number): number {
  checkArgument('analysis.noiseMagnification', 'beta0', finite(), beta0);
  // the same, written as a square plus the minimum, so that rounding never yields less than 1/2
  return 2 * (beta0 + 0.5) ** 2 + 0.5;
}

/**
 * Returns the beta0 >= -1/2 whose noise magnification is `gamma`, the inverse of equation 9:
 * (sqrt(2 gamma - 1) - 1) / 2. It is 0 for gamma = 1, and 1 for gamma = 5.
 * @throws ValueError unless gamma is finite and >= 1/2.
 */
export function beta0OfNoise(gamma: number): number {
  checkArgument('analysis.beta0OfNoise', 'gamma', atLeastHalf, gamma);
  // (root - 1) / 2 without cancellation near gamma = 1
  return (gamma - 1) / (Math.sqrt(2 * gamma - 1) + 1);
}

/**
 * Returns -beta1 / (1 + beta1), the beta0 with which PNM is momentum with decay beta1 and AdaPNM is AMSGrad or Adam
 * (section 2), at the learning rate `lrOfMomentum`. It is between -1/2 and 0.
 * @throws ValueError unless beta1 is in [0, 1).
 */
export function beta0OfMomentum(beta1: number): number {
  checkArgument('analysis.beta0OfMomentum', 'beta1', fraction(), beta1);
  // 0, not -0
  return 0 - beta1 / (1 + beta1);
}

/**
 * Returns lr (1 + beta1) / sqrt(1 + beta1^2), the learning rate at which momentum m_t = beta1 m_{t-1} + (1 - beta1) g_t
 * moves as PNM does with `lr` and `beta0OfMomentum(beta1)`: the pair's lr / sqrt(gamma). In units of lr.
 * @throws ValueError for a negative lr or a beta1 outside [0, 1).
 */
export function lrOfMomentum(lr: number, beta1: number): number {
  checkArgument('analysis.lrOfMomentum', 'lr', nonNegative(), lr);
  checkArgument('analysis.lrOfMomentum', 'beta1', fraction(), beta1);
  return (lr * (1 + beta1)) / Math.hypot(1, beta1);
}
