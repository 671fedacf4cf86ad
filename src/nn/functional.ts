export { type OneHotOptions, oneHot } from '../autograd/ops/index/one-hot.js';
export * from '../autograd/ops/loss/index.js';
export * from '../autograd/ops/math/activation.js';
export { logSoftmax, softmax } from '../autograd/ops/math/softmax.js';
export * from '../autograd/ops/nn/index.js';
export { pad } from '../autograd/ops/shape/pad.js';
export type { Conv2dOptions, Pool2dOptions } from '../tensor/geometry.js';
export type { Pair } from '../tensor/shape.js';
