import type { Dtype, TypedArray } from '../../src/dtype.js';
import type { Backend, Operand } from '../../src/tensor/backend.js';
import { product } from './arbitraries.js';

/** An operand on a backend with synchronous reads, for tests that call primitives without tensors. */
export function operandOn<H>(
  backend: Backend<H>,
  shape: readonly number[],
  values: ArrayLike<number> = [],
  dtype: Dtype = 'float32',
): Operand<H> {
  const size = product(shape);
  const operand = { shape, dtype, size, handle: backend.allocate(dtype, size) };
  backend.write(operand, values);
  return operand;
}

/** The values of an operand as plain numbers. */
export function valuesOn<H>(backend: Backend<H>, operand: Operand<H>): number[] {
  return Array.from(backend.readSync?.(operand) as TypedArray);
}
