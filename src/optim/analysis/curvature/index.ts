export { type EigenpairOptions, type Eigenpairs, type EigenvalueOptions, hessianEigenpairs } from './eigenpairs.js';
export type { Direction } from './flat-vectors.js';
export { hessianVectorProduct, type Loss } from './hessian.js';
export { type NoiseCovariance, noiseCovariance } from './noise-covariance.js';
export { type SharpnessWithinOptions, sharpness, sharpnessWithin } from './sharpness.js';
export {
  type Quadrature,
  type SpectralDensity,
  type SpectralDensityOptions,
  spectralDensity,
} from './spectral-density.js';
export { hessianTrace, type TraceEstimate, type TraceOptions } from './trace.js';
