import type { Dtype } from '../../dtype.js';
import { formula } from '../../formula/formula.js';
import type { Backend } from '../../tensor/backend.js';
import { backendOf } from '../../tensor/device.js';
import { expectTensor } from '../../tensor/expect.js';
import { writeValues } from '../../tensor/host.js';
import { empty } from '../../tensor/run.js';
import { checkShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkRange } from '../host-values.js';

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

/** Makes a tensor of the integers 0..count-1. */
export function counting(op: string, count: number, dtype: Dtype, backend: Backend): Tensor {
  return numbered(op, count, (i) => i, dtype, backend);
}

/** Elements that are computed at a time. */
const pieceLength = 2 ** 20;

/** Makes a tensor of `count` numbers, of which `at` returns the i-th, piece by piece. */
export function numbered(op: string, count: number, at: (i: number) => number, dtype: Dtype, backend: Backend): Tensor {
  const t = empty(op, [count], dtype, backend);
  for (let start = 0; start < count; start += pieceLength) {
    const piece = Float64Array.from({ length: Math.min(pieceLength, count - start) }, (_, i) => at(start + i));
    checkRange(op, piece, dtype);
    writeValues(op, t, piece, start);
  }
  return t;
}
