/** Kinds of options, for the tables of optimizers. */
export * as option from '../tensor/option-kinds.js';
export type { Given, OptionTable } from '../tensor/options.js';
/** What theory says of positive-negative momentum, and a measure of gradient noise. */
export * as analysis from './analysis/index.js';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.js';
export {
  ExponentialMovingAverage,
  type ExponentialMovingAverageOptions,
  type ExponentialMovingAverageStateDict,
} from './ema.js';
/** Learning rate schedules. */
export * as lr from './lr/index.js';
export { type Algorithm, Optimizer } from './optimizer.js';
export { AdaBound, type AdaBoundOptions } from './optimizers/adabound.js';
export { Adam, type AdamOptions } from './optimizers/adam.js';
export { AdamW } from './optimizers/adamw.js';
export { AdaPNM, type AdaPNMOptions } from './optimizers/adapnm.js';
export { AMSGrad } from './optimizers/amsgrad.js';
export { Padam, type PadamOptions } from './optimizers/padam.js';
export { PNM, type PNMOptions } from './optimizers/pnm.js';
export { RAdam } from './optimizers/radam.js';
export { SGD, type SGDOptions } from './optimizers/sgd.js';
export { Yogi, type YogiOptions } from './optimizers/yogi.js';
export { type CommonOptions, common, type GroupGiven, type ParamGroup, type Params } from './param-groups.js';
export { create, defaults, names, type OptimizerName } from './registry.js';
export { type AdaptiveOptions, adaptive, adaptiveDescent, adaptiveScalars } from './rules/adaptive.js';
export {
  forEachMomentum,
  type Momentum,
  movingAverage,
  type PositiveNegative,
  pnm,
  startingFrom,
} from './rules/momentum.js';
export { positiveNegative } from './rules/positive-negative.js';
export { largestSecondMoment, secondMoment } from './rules/second-moment.js';
export { type Decay, type Lines, type Update, update } from './rules/update.js';
export type { OptimizerStateDict, SavedGroup, SavedParamState } from './state.js';
