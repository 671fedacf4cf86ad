export { oneHot } from '../autograd/ops/index/one-hot.js';
export { type CrossEntropyOptions, crossEntropy } from '../autograd/ops/loss/cross-entropy.js';
export { binaryCrossEntropyWithLogits, l1Loss, mseLoss } from '../autograd/ops/loss/elementwise-losses.js';
export { nllLoss } from '../autograd/ops/loss/nll-loss.js';
export type { LabelLossOptions, LossOptions, Reduction } from '../autograd/ops/loss/row-losses.js';
export {
  elu,
  gelu,
  leakyRelu,
  relu,
  type SoftplusOptions,
  sigmoid,
  silu,
  softplus,
  tanh,
} from '../autograd/ops/math/activation.js';
export { logSoftmax, softmax } from '../autograd/ops/math/softmax.js';
export { adaptiveAvgPool2d, avgPool2d } from '../autograd/ops/nn/avg-pool2d.js';
export { conv2d } from '../autograd/ops/nn/conv2d.js';
export { type DropoutOptions, dropout } from '../autograd/ops/nn/dropout.js';
export { embedding } from '../autograd/ops/nn/embedding.js';
export { layerNorm } from '../autograd/ops/nn/layer-norm.js';
export { linear } from '../autograd/ops/nn/linear.js';
export { maxPool2d } from '../autograd/ops/nn/max-pool2d.js';
export { pad } from '../autograd/ops/shape/pad.js';
export type { Conv2dOptions, Pair, Pool2dOptions } from '../tensor/geometry.js';
export { type BatchNormModeOptions, batchNorm } from './running-batch-norm.js';
