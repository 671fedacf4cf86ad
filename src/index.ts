import './autograd/methods.js';
import { CpuBackend } from './backends/cpu/backend.js';
import { startBestGpu, startGpu } from './backends/gpu/device/start.js';
import { ReferenceBackend } from './backends/reference/backend.js';
import { registerBackend } from './tensor/device.js';

// the first one is the default device
registerBackend('cpu', () => new CpuBackend());
registerBackend('reference', () => new ReferenceBackend());
registerBackend('gpu', () => startBestGpu('gpu'));
for (const mode of ['webgpu', 'webgl2', 'webasm', 'cpu'] as const) {
  registerBackend(`gpu:${mode}`, () => startGpu(`gpu:${mode}`, mode));
}

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
} from './autograd/ops/activation.js';
export { argmax, argmin } from './autograd/ops/argmax.js';
export { add, div, maximum, minimum, mul, neg, pow, sub } from './autograd/ops/arithmetic.js';
export { adaptiveAvgPool2d, avgPool2d } from './autograd/ops/avg-pool2d.js';
export { type BatchNormResult, batchNorm, batchNormInference } from './autograd/ops/batch-norm.js';
export { cat, split, stack } from './autograd/ops/cat.js';
export { clamp } from './autograd/ops/clamp.js';
export { eq, ge, gt, le, lt, ne, where } from './autograd/ops/compare.js';
export { conv2d } from './autograd/ops/conv2d.js';
export { cast, clone, onesLike, zerosLike } from './autograd/ops/create.js';
export { type CrossEntropyOptions, crossEntropy } from './autograd/ops/cross-entropy.js';
export { cumsum } from './autograd/ops/cumsum.js';
export { type DropoutOptions, dropout } from './autograd/ops/dropout.js';
export { einsum } from './autograd/ops/einsum.js';
export type { Value } from './autograd/ops/elementwise.js';
export { embedding } from './autograd/ops/embedding.js';
export { gather, scatterAdd } from './autograd/ops/gather.js';
export { indexAdd, indexSelect } from './autograd/ops/index-select.js';
export { layerNorm } from './autograd/ops/layer-norm.js';
export { linear } from './autograd/ops/linear.js';
export type { LabelLossOptions, LossOptions, Reduction } from './autograd/ops/loss-reduction.js';
export { binaryCrossEntropyWithLogits, l1Loss, mseLoss } from './autograd/ops/losses.js';
export { abs, cos, exp, log, sin, sqrt } from './autograd/ops/math.js';
export { matmul } from './autograd/ops/matmul.js';
export { maxPool2d } from './autograd/ops/max-pool2d.js';
export { nllLoss } from './autograd/ops/nll-loss.js';
export { oneHot } from './autograd/ops/one-hot.js';
export { pad } from './autograd/ops/pad.js';
export { permute, transpose } from './autograd/ops/permute.js';
export { prod } from './autograd/ops/prod.js';
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
} from './autograd/ops/reduction.js';
export { flatten, reshape, squeeze, unsqueeze } from './autograd/ops/reshape.js';
export { flip, type Range, slice } from './autograd/ops/slice.js';
export { logSoftmax, logsumexp, softmax } from './autograd/ops/softmax.js';
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
export { formula } from './formula/formula.js';
/** Files: safetensors and checkpoints. */
export * as io from './io/index.js';
/** Modules, layers, losses, initialisers and models. */
export * as nn from './nn/index.js';
/** Optimizers, schedules and clipping. */
export * as optim from './optim/index.js';
export type { DeviceCounters, DeviceInfo } from './tensor/backend.js';
export { device, setDevice } from './tensor/device.js';
export type { Conv2dOptions, Pair, Pool2dOptions } from './tensor/geometry.js';
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from './tensor/random.js';
export { keep, scope } from './tensor/scope.js';
export { type MemoryReport, memory, resetPeakMemory } from './tensor/storage.js';
export { type Nested, Tensor } from './tensor/tensor.js';
