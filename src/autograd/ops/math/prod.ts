import { formula } from '../../../formula/formula.js';
import { reduce } from '../../../tensor/run.js';
import { normalizeAxes, reducedShape } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { elementwise } from '../elementwise.js';
import { reshape } from '../shape/reshape.js';
import type { Axes, ReduceOptions } from './reduction.js';

const total = formula('y = prod(x)', { tensors: ['x', 'y'] });
const zeroCount = formula('zeros = sum(x == 0)', { tensors: ['x', 'zeros'] });
const withoutZeros = formula('y = x == 0 ? 1 : x', { tensors: ['x', 'y'] });
const others = formula('dx = dy * (zeros == 0 ? p / (x == 0 ? 1 : x) : zeros == 1 && x == 0 ? p : 0)', {
  tensors: ['dy', 'zeros', 'p', 'x', 'dx'],
});

/**
 * Product of x over `axes` (default: all); int32 for integers, 1 for no elements. The gradient, the product of the
 * other elements, is exact beside zeros, too; its own gradient is so only where no element is 0. Throws ValueError for
 * a bad axis.
 */
export function prod(x: Tensor, axes?: Axes, { keepDim = false }: ReduceOptions = {}): Tensor {
  const over = normalizeAxes('prod', axes, x.ndim);
  const kept = reducedShape(x.shape, over, true);
  const [y] = reduce('prod', total, { x }, { axes: over, keepDim, dtype: x.dtype === 'float32' ? 'float32' : 'int32' });
  return record('prod', [x], y, (dy) => [
    () => {
      const [zeros] = reduce('prod', zeroCount, { x }, { axes: over, keepDim: true });
      const p = prod(elementwise('prod', withoutZeros, { x }), over, { keepDim: true });
      return elementwise('prod', others, { dy: reshape(dy, kept), zeros, p, x });
    },
  ]);
}
