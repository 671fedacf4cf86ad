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
export type { Value } from './autograd/ops/apply-formula.js';
export { cast, clone, to } from './autograd/ops/convert.js';
export {
  type ElementwiseOptions,
  elementwise,
  type FormulaOperands,
  type FormulaReduceOptions,
  type FormulaScalars,
  reduce,
} from './autograd/ops/elementwise.js';
export { onesLike, zerosLike } from './autograd/ops/fill.js';
export * from './autograd/ops/index/index.js';
export * from './autograd/ops/loss/index.js';
export * from './autograd/ops/math/index.js';
export * from './autograd/ops/nn/index.js';
export * from './autograd/ops/shape/index.js';
export { Parameter } from './autograd/parameter.js';
export { type RandomOptions, rand, randint, randn, randperm } from './autograd/random.js';
export type { ListMethods, Numbers, TensorMethods } from './autograd/tensor-methods.js';
export { getThreads, setThreads } from './backends/cpu/threads/threads.js';
export { getSimdWidth, type SimdWidth, setSimdWidth } from './backends/cpu/wide/simd-width.js';
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
export { type AssignedIn, type Formula, type FormulaNames, formula } from './formula/index.js';
/** Files: safetensors, checkpoints, and the formats of PyTorch and NumPy. */
export * as io from './io/index.js';
/** Modules, layers, losses, initialisers and models. */
export * as nn from './nn/index.js';
/** Optimizers, schedules and clipping. */
export * as optim from './optim/index.js';
export type { DeviceCounters, DeviceInfo } from './tensor/backend.js';
export { type DeviceFunction, device, setDevice, setDeviceSync } from './tensor/device.js';
export type { Conv2dOptions, Pool2dOptions } from './tensor/geometry.js';
export { keep, scope } from './tensor/memory/scope.js';
export { type MemoryReport, memory, resetPeakMemory } from './tensor/memory/storage.js';
export type { Nested } from './tensor/nested.js';
export { profile } from './tensor/profile/profile.js';
export type { Profile } from './tensor/profile/profile-result.js';
export type { ProfileRow } from './tensor/profile/profile-rows.js';
export type { ProfileTableOptions } from './tensor/profile/profile-table.js';
export type { ProfileOptions } from './tensor/profile/record-profile.js';
export { defaultGenerator, Generator, type GeneratorState, manualSeed, withSeed } from './tensor/random.js';
export type { Dims, Pair } from './tensor/shape.js';
export { Tensor } from './tensor/tensor.js';
