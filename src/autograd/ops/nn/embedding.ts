import type { Tensor } from '../../../tensor/tensor.js';
import { expectAxes, expectIndex, expectLabels } from '../expect.js';
import { select } from '../index/index-select.js';
import { reshape } from '../shape/reshape.js';

/**
 * The rows of weight (V, D) that an integer index of any shape names: (..., D).
 * @throws ShapeError, DtypeError, and ValueError for an index outside of [0, V); on a GPU the next read rejects with
 * it.
 */
export function embedding(index: Tensor, weight: Tensor): Tensor {
  expectAxes('embedding', 'weight (V, D)', weight, 2);
  const flat = reshape(expectIndex('embedding', index), [index.size]);
  expectLabels('embedding', flat, weight.shape[0], { what: 'indices' });
  return reshape(select(weight, 0, flat), [...index.shape, weight.shape[1]]);
}
