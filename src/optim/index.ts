export type { Scalars } from '../tensor/backend.js';
/** Kinds of options, for the tables of optimizers and schedules. */
export * as option from '../tensor/option-kinds.js';
export type { Given, OptionTable } from '../tensor/options.js';
/** The theory of positive-negative momentum, and measurements of gradient noise and of curvature. */
export * as analysis from './analysis/index.js';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.js';
export {
  ExponentialMovingAverage,
  type ExponentialMovingAverageOptions,
  type ExponentialMovingAverageStateDict,
} from './exponential-moving-average.js';
/** Learning rate schedules. */
export * as lr from './lr/index.js';
export { type Algorithm, type ChoosesUpdate, Optimizer } from './optimizer.js';
export type { OptimizerStateDict, SavedGroup, SavedParamState } from './optimizer-state.js';
export * from './optimizers/index.js';
export type { GroupGiven, ParamGroup, Params } from './param-groups.js';
export {
  create,
  defaults,
  names,
  type OptimizerClasses,
  type OptimizerName,
  type OptimizerOf,
  type OptimizerOptions,
} from './registry.js';
export type { AdaptiveOptions } from './rules/adaptive.js';
export type { CommonOptions } from './rules/common.js';
/** Ingredients of update rules, for optimizers of your own. */
export * as rules from './rules/index.js';
export { type Momentum, type PositiveNegative, positiveNegative } from './rules/momentum.js';
export type { Decay } from './rules/update.js';
