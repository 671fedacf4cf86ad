import './setup.js';

export {
  arange,
  type CreateOptions,
  empty,
  eye,
  full,
  type HostArray,
  linspace,
  type NestedValues,
  ones,
  type ShapeLike,
  type TensorOptions,
  tensor,
  zeros,
} from './autograd/create.js';
/** Gradients: `grad`, `gradcheck`, `checkpoint`, and recording on and off. */
export * as autograd from './autograd/index.js';
export { noGrad } from './autograd/mode.js';
export type { Value } from './autograd/ops/elementwise.js';
export { cast, clone, onesLike, zerosLike } from './autograd/ops/fill.js';
export { gather, scatterAdd } from './autograd/ops/index/gather.js';
export { indexAdd, indexSelect } from './autograd/ops/index/index-select.js';
export { oneHot } from './autograd/ops/index/one-hot.js';
export { type CrossEntropyOptions, crossEntropy } from './autograd/ops/loss/cross-entropy.js';
export { binaryCrossEntropyWithLogits, l1Loss, mseLoss } from './autograd/ops/loss/elementwise-losses.js';
export { nllLoss } from './autograd/ops/loss/nll-loss.js';
export type { LabelLossOptions, LossOptions, Reduction } from './autograd/ops/loss/row-losses.js';
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
} from './autograd/ops/math/activation.js';
export { argmax, argmin } from './autograd/ops/math/argmax.js';
export { add, div, maximum, minimum, mul, neg, pow, sub } from './autograd/ops/math/arithmetic.js';
export { clamp } from './autograd/ops/math/clamp.js';
export { eq, ge, gt, le, lt, ne, where } from './autograd/ops/math/compare.js';
export { cumsum } from './autograd/ops/math/cumsum.js';
export { einsum } from './autograd/ops/math/einsum.js';
export { abs, cos, exp, log, sin, sqrt } from './autograd/ops/math/elementary.js';
export { matmul } from './autograd/ops/math/matmul.js';
export { prod } from './autograd/ops/math/prod.js';
export {
  type Axes,
  expand,
  max,
  mean,
  min,
  type ReduceOptions,
  sum,
  type VarianceOptions,
  variance,
} from './autograd/ops/math/reduction.js';
export { logSoftmax, logsumexp, softmax } from './autograd/ops/math/softmax.js';
export { adaptiveAvgPool2d, avgPool2d } from './autograd/ops/nn/avg-pool2d.js';
export { type BatchNormResult, batchNorm, batchNormInference } from './autograd/ops/nn/batch-norm.js';
export { conv2d } from './autograd/ops/nn/conv2d.js';
export { type DropoutOptions, dropout } from './autograd/ops/nn/dropout.js';
export { embedding } from './autograd/ops/nn/embedding.js';
export { layerNorm } from './autograd/ops/nn/layer-norm.js';
export { linear } from './autograd/ops/nn/linear.js';
export { maxPool2d } from './autograd/ops/nn/max-pool2d.js';
export { cat, split, stack } from './autograd/ops/shape/cat.js';
export { pad } from './autograd/ops/shape/pad.js';
export { permute, transpose } from './autograd/ops/shape/permute.js';
export { flatten, reshape, squeeze, unsqueeze } from './autograd/ops/shape/reshape.js';
export { flip, type Range, slice } from './autograd/ops/shape/slice.js';
export { to } from './autograd/ops/to.js';
export { Parameter } from './autograd/parameter.js';
export { type RandomOptions, rand, randint, randn, randperm } from './autograd/random.js';
export { getThreads, setThreads } from './backends/cpu/threads/threads.js';
/** Data sets, loaders and transforms. */
export * as data from './data/index.js';
export type { Dtype, TypedArray } from './dtype.js';
export {
  AntinodeError,
  DeviceError,
  DtypeError,
  FileError,
  FormulaError,
  OutOfMemoryError,
  ReleasedError,
  ShapeError,
  ValueError,
} from './errors.js';
export { type Formula, type FormulaNames, formula } from './formula/index.js';
/** Files: safetensors and checkpoints. */
export * as io from './io/index.js';
/** Modules, layers, losses, initialisers and models. */
export * as nn from './nn/index.js';
/** Optimizers, schedules and clipping. */
export * as optim from './optim/index.js';
export type { DeviceCounters, DeviceInfo } from './tensor/backend.js';
export { type DeviceFunction, device, setDevice, setDeviceSync } from './tensor/device.js';
export type { Conv2dOptions, Pair, Pool2dOptions } from './tensor/geometry.js';
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from './tensor/random.js';
export { keep, scope } from './tensor/scope.js';
export type { Dims } from './tensor/shape.js';
export { type MemoryReport, memory, resetPeakMemory } from './tensor/storage.js';
export { type Nested, Tensor } from './tensor/tensor.js';
