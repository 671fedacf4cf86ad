import type { Dtype } from '../../src/dtype.js';
import type { Backend } from '../../src/tensor/backend.js';
import { backendOf } from '../../src/tensor/device.js';
import { empty } from '../../src/tensor/run.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import './reference.js';

/** The reference backend, which is also the current device. */
export const reference: Backend = backendOf('reference');

/**
 * A tensor on the reference backend, made without operations, on which the tests of the tensor layer must not depend.
 */
export function tensorOf(shape: readonly number[], values: ArrayLike<number>, dtype: Dtype = 'float32'): Tensor {
  const t = empty('tensorOf', shape, dtype, reference);
  reference.write(t, values);
  return t;
}
