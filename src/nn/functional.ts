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
} from '../autograd/ops/activation.js';
export { adaptiveAvgPool2d, avgPool2d } from '../autograd/ops/avg-pool2d.js';
export { conv2d } from '../autograd/ops/conv2d.js';
export { type CrossEntropyOptions, crossEntropy } from '../autograd/ops/cross-entropy.js';
export { type DropoutOptions, dropout } from '../autograd/ops/dropout.js';
export { embedding } from '../autograd/ops/embedding.js';
export { layerNorm } from '../autograd/ops/layer-norm.js';
export { linear } from '../autograd/ops/linear.js';
export type { LabelLossOptions, LossOptions, Reduction } from '../autograd/ops/loss-reduction.js';
export { binaryCrossEntropyWithLogits, l1Loss, mseLoss } from '../autograd/ops/losses.js';
export { maxPool2d } from '../autograd/ops/max-pool2d.js';
export { nllLoss } from '../autograd/ops/nll-loss.js';
export { oneHot } from '../autograd/ops/one-hot.js';
export { pad } from '../autograd/ops/pad.js';
export { logSoftmax, softmax } from '../autograd/ops/softmax.js';
export type { Conv2dOptions, Pair, Pool2dOptions } from '../tensor/geometry.js';
export { type BatchNormModeOptions, batchNorm } from './running-batch-norm.js';
