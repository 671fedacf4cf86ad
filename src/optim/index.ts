export { Adam, type AdamOptions } from './adam.js';
export { AdaPNM, type AdaPNMOptions } from './adapnm.js';
export { AMSGrad } from './amsgrad.js';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.js';
export type { CommonOptions, GroupGiven, ParamGroup, Params } from './groups.js';
/** Learning rate schedules. */
export * as lr from './lr/index.js';
export { type Algorithm, Optimizer } from './optimizer.js';
export { PNM, type PNMOptions } from './pnm.js';
export { create, defaults, names, type OptimizerName } from './registry.js';
export { SGD, type SGDOptions } from './sgd.js';
export type { OptimizerStateDict, SavedGroup, SavedParamState } from './state.js';
export type { Decay } from './update.js';
