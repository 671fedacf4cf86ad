import type { Dtype } from '../../dtype.js';
import { formula } from '../../formula/formula.js';
import type { Backend } from '../../tensor/backend.js';
import { backendOf } from '../../tensor/device.js';
import { expectTensor } from '../../tensor/expect.js';
import { fromHost } from '../../tensor/host.js';
import { empty } from '../../tensor/run.js';
import { checkShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';

const constant = formula('y = value', { tensors: ['y'], scalars: ['value'] });

/** Makes a tensor filled with one value on a backend. */
export function filled(op: string, shape: readonly number[], value: number, dtype: Dtype, backend: Backend): Tensor {
  const y = empty(op, checkShape(op, shape), dtype, backend);
  backend.map(constant, { y }, { value });
  return y;
}

/** Makes a tensor of ones with the shape, dtype and device of x. */
export function onesLike(x: Tensor): Tensor {
  expectTensor('onesLike', x);
  return filled('onesLike', x.shape, 1, x.dtype, backendOf(x.device));
}

/** Makes a tensor of zeros with the shape, dtype and device of x. */
export function zerosLike(x: Tensor): Tensor {
  expectTensor('zerosLike', x);
  return filled('zerosLike', x.shape, 0, x.dtype, backendOf(x.device));
}

/** Makes an int32 tensor of the integers 0..count-1. */
export function counting(op: string, count: number, backend: Backend): Tensor {
  const values = Int32Array.from({ length: count }, (_, i) => i);
  return fromHost(op, values, [count], 'int32', backend);
}
