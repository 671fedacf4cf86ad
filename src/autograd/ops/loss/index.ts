export { type CrossEntropyOptions, crossEntropy } from './cross-entropy.js';
export * from './elementwise-losses.js';
export * from './nll-loss.js';
export type { LabelLossOptions, LossOptions, Reduction } from './row-losses.js';
