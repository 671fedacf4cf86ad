import type { Dtype } from '../../../dtype.js';
import { ValueError } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { map } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { counting } from '../fill.js';
import { reshape } from '../shape/reshape.js';
import { checkLabels, expectIndex } from './indices.js';

const matches = formula('y = label == c', { tensors: ['label', 'c', 'y'] });

/**
 * (..., classes) with 1 where the last axis is at the label and 0 elsewhere. Throws DtypeError unless labels are
 * integers, ValueError for a label outside of [0, classes); on a GPU the next read rejects with it.
 */
export function oneHot(
  labels: Tensor,
  classes: number,
  { dtype = 'float32' }: { readonly dtype?: Dtype } = {},
): Tensor {
  if (!Number.isInteger(classes) || classes < 0) {
    throw new ValueError(`oneHot: expected an integer of classes, got ${classes}`);
  }
  const label = expectIndex('oneHot', labels, 'labels');
  checkLabels('oneHot', label, classes);
  const c = counting('oneHot', classes, labels.storage.backend);
  const y = map('oneHot', matches, { label: reshape(label, [...labels.shape, 1]), c }, {}, dtype);
  c.dispose();
  return y;
}
