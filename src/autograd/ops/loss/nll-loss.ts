import { formula } from '../../../formula/formula.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { elementwise } from '../elementwise.js';
import { reshape } from '../shape/reshape.js';
import { labelled, labelsOf } from './cross-entropy.js';
import { checkReduction, type LabelLossOptions, reduceRows } from './row-losses.js';

const rowLoss = formula('y = label == ignored ? 0 : -picked', {
  tensors: ['label', 'picked', 'y'],
  scalars: ['ignored'],
});

/**
 * -x[label] for log probabilities x (N, C) or (N, C, ...) and integer labels (N) or (N, ...). Throws ShapeError,
 * DtypeError, and ValueError for a label outside of [0, C); on a GPU the next read rejects with it.
 */
export function nllLoss(
  x: Tensor,
  labels: Tensor,
  { reduction = 'mean', ignoreIndex: ignored = -100 }: LabelLossOptions = {},
): Tensor {
  const label = labelsOf('nllLoss', x, labels, ignored);
  checkReduction('nllLoss', reduction, labels);
  const picked = labelled('nllLoss', x, label, ignored);
  const rows = elementwise('nllLoss', rowLoss, { label, picked }, { ignored });
  return reduceRows(reshape(rows, labels.shape), labels, ignored, reduction);
}
