import type { Dtype } from '../../dtype.js';
import { formula } from '../../formula/formula.js';
import type { Backend } from '../../tensor/backend.js';
import { backendOf } from '../../tensor/device.js';
import { fromHost } from '../../tensor/host.js';
import { empty, map } from '../../tensor/run.js';
import { checkShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { record } from '../graph.js';

const constant = formula('y = value', { tensors: ['y'], scalars: ['value'] });
const same = formula('y = x', { tensors: ['x', 'y'] });

/** A tensor filled with one value on a backend. */
export function filled(op: string, shape: readonly number[], value: number, dtype: Dtype, backend: Backend): Tensor {
  const y = empty(op, checkShape(op, shape), dtype, backend);
  backend.map(constant, { y }, { value });
  return y;
}

/** Ones with the shape, dtype and device of `x`. */
export function onesLike(x: Tensor): Tensor {
  return filled('onesLike', x.shape, 1, x.dtype, backendOf(x.device));
}

/** Zeros with the shape, dtype and device of `x`. */
export function zerosLike(x: Tensor): Tensor {
  return filled('zerosLike', x.shape, 0, x.dtype, backendOf(x.device));
}

/** A copy with memory of its own. */
export function clone(x: Tensor): Tensor {
  return record('clone', [x], map('clone', same, { x }, {}, x.dtype), (dy) => [() => dy]);
}

/** The values of `x` as another dtype: floats truncate toward zero into integers, bool is value != 0. */
export function cast(x: Tensor, dtype: Dtype): Tensor {
  if (x.dtype === dtype) return x;
  return map('cast', same, { x }, {}, dtype);
}

/** The integers from 0 up to but without `count`, as int32. */
export function counting(op: string, count: number, backend: Backend): Tensor {
  const values = Int32Array.from({ length: count }, (_, i) => i);
  return fromHost(op, values, [count], 'int32', backend);
}
