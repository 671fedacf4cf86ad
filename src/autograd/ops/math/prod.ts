import { formula } from '../../../formula/formula.js';
import { expectTensor } from '../../../tensor/expect.js';
import { reduce } from '../../../tensor/run.js';
import { normalizeAxes, reducedShape } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { applyFormula } from '../apply-formula.js';
import { reshape } from '../shape/reshape.js';
import { type Axes, keepDimOf, type ReduceOptions } from './reduce-options.js';

const total = formula('y = prod(x)', { tensors: ['x', 'y'] });
const zeroCount = formula('zeros = sum(x == 0)', { tensors: ['x', 'zeros'] });
const withoutZeros = formula('y = x == 0 ? 1 : x', { tensors: ['x', 'y'] });
const others = formula('dx = dy * (zeros == 0 ? p / (x == 0 ? 1 : x) : zeros == 1 && x == 0 ? p : 0)', {
  tensors: ['dy', 'zeros', 'p', 'x', 'dx'],
});

/**
 * Product of x over `axes` (default: all); int32 for integers, 1 for no elements. The gradient, the product of the
 * other elements, is also exact if some elements are 0; second derivatives are exact only if no element is 0.
 * @throws ValueError for an invalid axis.
 */
export function prod(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  expectTensor('prod', x);
  const keepDim = keepDimOf('prod', options);
  return prodOver(x, normalizeAxes('prod', axes, x.ndim), keepDim);
}

function prodOver(x: Tensor, axes: readonly number[], keepDim: boolean): Tensor {
  const kept = reducedShape(x.shape, axes, true);
  const [y] = reduce('prod', total, { x }, { axes, keepDim, dtype: x.dtype === 'float32' ? 'float32' : 'int32' });
  return record('prod', [x], y, (dy) => [
    () => {
      const [zeros] = reduce('prod', zeroCount, { x }, { axes, keepDim: true });
      const p = prodOver(applyFormula('prod', withoutZeros, { x }), axes, true);
      return applyFormula('prod', others, { dy: reshape(dy, kept), zeros, p, x });
    },
  ]);
}
