import { expectTensor } from '../../../tensor/expect.js';
import { empty } from '../../../tensor/run.js';
import { normalizeAxis } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { cast } from '../convert.js';

/**
 * y[i] = x[0] + ... + x[i] along `axis`; int32 for integers.
 * @throws ValueError for an invalid axis.
 */
export function cumsum(x: Tensor, axis: number): Tensor {
  expectTensor('cumsum', x);
  return running(x, normalizeAxis('cumsum', axis, x.ndim), false);
}

function running(x: Tensor, axis: number, reverse: boolean): Tensor {
  const { backend } = x.storage;
  const wide = x.dtype === 'float32' ? x : cast(x, 'int32');
  const y = empty('cumsum', x.shape, wide.dtype, backend);
  backend.cumsum(wide, y, axis, reverse);
  // x[i] is part of every later sum, so its gradient is the running sum from the end
  return record('cumsum', [x], y, (dy) => [() => running(dy, axis, !reverse)]);
}
