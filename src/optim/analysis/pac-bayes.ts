import { count, nonNegative, type Option, positive } from '../../tensor/option-kinds.js';
import { type Given, type OptionTable, resolveOptions } from '../../tensor/options.js';
import { type Form, form } from './form.js';

/** The quantities on which the bound of Theorem 4.2 depends. */
export interface GeneralizationOptions {
  /** KL(Q || P) in nats, >= 0. */
  kl: number;
  /** N, the number of training samples; an integer >= 1. */
  samples: number;
  /** Delta, the probability that the bound may fail, in (0, 1). */
  delta: number;
}

/** The posterior N(theta*, gamma lr / (2 B) I) of SGD with rescaled noise, and the prior N(0, I / lambda). */
export interface PosteriorOptions {
  /** Learning rate (eta), > 0. */
  lr: number;
  /** Samples in a minibatch (B); an integer >= 1. */
  batchSize: number;
  /** Strength of L2 regularisation (lambda), > 0. */
  weightDecay: number;
  /** Default `'printed'`; see `posteriorKL`. */
  form: Form;
}

/** A posterior with a noise magnification. */
export interface PosteriorKLDerivativeOptions extends PosteriorOptions {
  /** Noise magnification, > 0; (1 + beta0)^2 + beta0^2 for PNM, 1 for SGD and momentum. Default 1. */
  gamma: number;
  /** Number of weights (n); an integer >= 1. */
  parameters: number;
}

/** The same, with the squared norm of the minimum theta*. */
export interface PosteriorKLOptions extends PosteriorKLDerivativeOptions {
  /** |theta*|^2, >= 0. */
  squaredNorm: number;
}

/** The options of a posterior that have no default. */
export type PosteriorRequired = 'lr' | 'batchSize' | 'weightDecay';

const probability: Option<number> = {
  initial: undefined,
  wanted: 'in (0, 1)',
  accepts: (x) => typeof x === 'number' && x > 0 && x < 1,
};
const bound: OptionTable<GeneralizationOptions> = { kl: nonNegative(), samples: count(), delta: probability };
const posterior: OptionTable<PosteriorOptions> = {
  lr: positive(),
  batchSize: count(),
  weightDecay: positive(),
  form,
};
const magnified: OptionTable<PosteriorKLDerivativeOptions> = { ...posterior, gamma: positive(1), parameters: count() };
const located: OptionTable<PosteriorKLOptions> = { ...magnified, squaredNorm: nonNegative() };

/**
 * Returns the bound on the generalisation gap R(Q) - R^(Q), in units of the loss, that holds with probability at least
 * 1 - delta (McAllester 1999; Xie et al. 2021, Theorem 4.2 and equation 20):
 *
 *     4 sqrt((kl + ln(2 samples / delta)) / samples)
 *
 * @throws ValueError for options that are unknown, absent or out of range.
 */
export function generalizationBound(options: Given<GeneralizationOptions, keyof GeneralizationOptions>): number {
  const { kl, samples, delta } = resolveOptions('analysis.generalizationBound', bound, options);
  return 4 * Math.sqrt((kl + Math.log((2 * samples) / delta)) / samples);
}

/**
 * Returns KL(Q(gamma) || P), in nats, of the rescaled posterior of SGD from the prior (Xie et al. 2021, equations 15,
 * 19 and 22):
 *
 *     printed  n/2 [gamma lr / (2 B lambda) - ln(gamma lambda lr / (2 B)) - 1] + lambda/2 |theta*|^2
 *     derived  n/2 [gamma lambda lr / (2 B) - ln(gamma lambda lr / (2 B)) - 1] + lambda/2 |theta*|^2
 *
 * They differ in the trace. Equation 21 has Tr(S_P^-1 S_Q); with S_P = I / lambda (assumption 2) that is lambda gamma
 * Tr(S_sgd), the derived form. Equation 22 prints gamma Tr(S_sgd) / lambda, on which equation 23, the best gamma and
 * Theorem 4.3 are based. The printed form is not a divergence (it can be negative) unless lambda = 1, where both agree.
 * @throws ValueError for options that are unknown, absent or out of range.
 */
export function posteriorKL(
  options: Given<PosteriorKLOptions, PosteriorRequired | 'parameters' | 'squaredNorm'>,
): number {
  const given = resolveOptions('analysis.posteriorKL', located, options);
  const { lr, batchSize, weightDecay, gamma, parameters, squaredNorm } = given;
  const logarithm = Math.log((gamma * weightDecay * lr) / (2 * batchSize));
  return (parameters / 2) * (gamma * trace(given) - logarithm - 1) + (weightDecay / 2) * squaredNorm;
}

/**
 * Returns the derivative of `posteriorKL` with respect to gamma, n/2 (r - 1 / gamma) with r = `posteriorRatio`, in
 * nats. The printed form is equation 23.
 * @throws ValueError for options that are unknown, absent or out of range.
 */
export function posteriorKLDerivative(
  options: Given<PosteriorKLDerivativeOptions, PosteriorRequired | 'parameters'>,
): number {
  const given = resolveOptions('analysis.posteriorKLDerivative', magnified, options);
  return (given.parameters / 2) * (trace(given) - 1 / given.gamma);
}

/**
 * Returns the dimensionless ratio r that Theorem 4.3 requires to be below 1: lr / (2 B lambda) as printed. Derived from
 * equation 21, it is lambda lr / (2 B), the variance of the SGD posterior divided by that of the prior.
 * @throws ValueError for options that are unknown, absent or out of range.
 */
export function posteriorRatio(options: Given<PosteriorOptions, PosteriorRequired>): number {
  return trace(resolveOptions('analysis.posteriorRatio', posterior, options));
}

/**
 * Returns the noise magnification gamma that minimises `posteriorKL`, and with it the bound: 2 B lambda / lr as
 * printed, 2 B / (lambda lr) as derived. `beta0OfNoise` returns the corresponding beta0. The paper advises against
 * using it in practice, where so much noise would need too many steps.
 * @throws ValueError for options that are unknown, absent or out of range.
 */
export function bestNoise(options: Given<PosteriorOptions, PosteriorRequired>): number {
  return 1 / trace(resolveOptions('analysis.bestNoise', posterior, options));
}

/**
 * Evaluates the condition of Theorem 4.3: returns true if some gamma > 1, that is some beta0 > 0, gives PNM a tighter
 * bound than SGD; every gamma in (1, `bestNoise`] then does. (The theorem prints that interval for beta0; its proof has
 * it for gamma.)
 * @throws ValueError for options that are unknown, absent or out of range.
 */
export function pnmTightensBound(options: Given<PosteriorOptions, PosteriorRequired>): boolean {
  return trace(resolveOptions('analysis.pnmTightensBound', posterior, options)) < 1;
}

/** Returns the trace term of KL(Q(1) || P) per weight. */
function trace({ lr, batchSize, weightDecay, form }: PosteriorOptions): number {
  const variance = lr / (2 * batchSize);
  return form === 'printed' ? variance / weightDecay : variance * weightDecay;
}
