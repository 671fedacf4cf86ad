import './autograd/methods.js';
import { registerBackend } from './tensor/backend.js';
import { DeviceError } from './tensor/errors.js';
import { ReferenceBackend } from './tensor/reference/backend.js';

registerBackend('reference', () => new ReferenceBackend());
registerBackend('gpu', () => {
  throw new DeviceError("setDevice: expected 'cpu' or 'reference', got 'gpu', which this version cannot compute on");
});

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
export { cat, split, stack } from './autograd/ops/cat.js';
export { clamp } from './autograd/ops/clamp.js';
export { eq, ge, gt, le, lt, ne, where } from './autograd/ops/compare.js';
export { cast, clone, onesLike, zerosLike } from './autograd/ops/create.js';
export { cumsum } from './autograd/ops/cumsum.js';
export type { Value } from './autograd/ops/elementwise.js';
export { abs, cos, exp, log, sin, sqrt } from './autograd/ops/math.js';
export { matmul } from './autograd/ops/matmul.js';
export { pad } from './autograd/ops/pad.js';
export { permute, transpose } from './autograd/ops/permute.js';
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
export { to } from './autograd/ops/to.js';
export { Parameter } from './autograd/parameter.js';
export { type RandomOptions, rand, randint, randn, randperm } from './autograd/random.js';
export { type DeviceInfo, device, setDevice } from './tensor/backend.js';
export type { Dtype, TypedArray } from './tensor/dtype.js';
export * from './tensor/errors.js';
export { formula } from './tensor/formula.js';
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from './tensor/random.js';
export { keep, scope } from './tensor/scope.js';
export type { Conv2dOptions, Pair, Pool2dOptions } from './tensor/shape.js';
export { type MemoryReport, memory, resetPeakMemory } from './tensor/storage.js';
export { type Nested, Tensor } from './tensor/tensor.js';
