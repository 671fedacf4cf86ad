export { type ConvergenceLrOptions, type ConvergenceOptions, convergenceBound, convergenceLr } from './convergence.js';
export * from './curvature/index.js';
export type { Form } from './form.js';
export { type Gaussian, gaussianKL } from './gaussian.js';
export {
  type GradientNoise,
  type GradientNoiseOptions,
  gradientNoise,
  type NoiseSummary,
  type ParameterNoise,
} from './gradient-noise.js';
export type { Measured, ModuleLike } from './measured.js';
export { beta0OfMomentum, beta0OfNoise, lrOfMomentum, noiseMagnification } from './noise-magnification.js';
export {
  bestNoise,
  type GeneralizationOptions,
  generalizationBound,
  type PosteriorKLDerivativeOptions,
  type PosteriorKLOptions,
  type PosteriorOptions,
  type PosteriorRequired,
  pnmTightensBound,
  posteriorKL,
  posteriorKLDerivative,
  posteriorRatio,
} from './pac-bayes.js';
export { type StabilityOptions, stabilityLimit } from './stability.js';
