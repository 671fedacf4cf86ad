export { AdaBound, type AdaBoundOptions } from './adabound.js';
export { Adam, type AdamOptions } from './adam.js';
export { AdamW } from './adamw.js';
export { AdaPNM, type AdaPNMOptions } from './adapnm.js';
export { type AdaptiveOptions, adaptive, adaptiveDescent, adaptiveScalars } from './adaptive.js';
export { AMSGrad } from './amsgrad.js';
/** What theory says of positive-negative momentum, and a measure of gradient noise. */
export * as analysis from './analysis/index.js';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.js';
export {
  ExponentialMovingAverage,
  type ExponentialMovingAverageOptions,
  type ExponentialMovingAverageStateDict,
} from './ema.js';
export { type CommonOptions, common, type GroupGiven, type ParamGroup, type Params } from './groups.js';
/** Learning rate schedules. */
export * as lr from './lr/index.js';
export {
  forEachMomentum,
  type Momentum,
  movingAverage,
  type PositiveNegative,
  pnm,
  startingFrom,
} from './momentum.js';
export { type Algorithm, Optimizer } from './optimizer.js';
/** Kinds of options, for the tables of optimizers. */
export * as option from './option.js';
export type { Given, OptionTable } from './options.js';
export { Padam, type PadamOptions } from './padam.js';
export { PNM, type PNMOptions } from './pnm.js';
export { positiveNegative } from './positive-negative.js';
export { RAdam } from './radam.js';
export { create, defaults, names, type OptimizerName } from './registry.js';
export { largestSecondMoment, secondMoment } from './second-moment.js';
export { SGD, type SGDOptions } from './sgd.js';
export type { OptimizerStateDict, SavedGroup, SavedParamState } from './state.js';
export { type Decay, type Lines, type Update, update } from './update.js';
export { Yogi, type YogiOptions } from './yogi.js';
