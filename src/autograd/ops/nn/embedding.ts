import type { Tensor } from '../../../tensor/tensor.js';
import { expectAxes, expectIndex, expectLabels } from '../expect.js';
import { select } from '../index/index-select.js';
import { reshape } from '../shape/reshape.js';

/**
 * Returns the rows of weight (V, D) that an integer index of any shape (...) selects, as (..., D).
 * @throws ShapeError unless weight has two axes, DtypeError unless the index is an integer, ValueError for an index
 * outside [0, V); on a GPU the next read rejects with it instead.
 */
export function embedding(index: Tensor, weight: Tensor): Tensor {
  expectAxes('embedding', 'weight (V, D)', weight, 2);
  const flat = reshape(expectIndex('embedding', index), [index.size]);
  expectLabels('embedding', flat, weight.shape[0], { what: 'indices' });
  return reshape(select(weight, 0, flat), [...index.shape, weight.shape[1]]);
}
