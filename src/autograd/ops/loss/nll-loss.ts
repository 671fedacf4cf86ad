import { formula } from '../../../formula/formula.js';
import { resolveOptions } from '../../../tensor/options.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { applyFormula } from '../apply-formula.js';
import { reshape } from '../shape/reshape.js';
import { labelled, labelsOf } from './cross-entropy.js';
import { expectElements, type LabelLossOptions, labelLossOptions, reduceRows } from './row-losses.js';

const rowLoss = formula('y = label == ignored ? 0 : -picked', {
  tensors: ['label', 'picked', 'y'],
  scalars: ['ignored'],
});

/**
 * -x[label] for log probabilities x (N, C) or (N, C, ...) and integer labels (N) or (N, ...).
 * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options or a label outside [0, C)
 * that is not ignored; on a GPU the next read rejects with the latter instead.
 */
export function nllLoss(x: Tensor, labels: Tensor, options?: LabelLossOptions): Tensor {
  const { reduction, ignoreIndex: ignored } = resolveOptions('nllLoss', labelLossOptions, options);
  const label = labelsOf('nllLoss', x, labels, ignored);
  expectElements('nllLoss', reduction, labels);
  const picked = labelled('nllLoss', x, label, ignored);
  const rows = applyFormula('nllLoss', rowLoss, { label, picked }, { ignored });
  return reduceRows(reshape(rows, labels.shape), labels, ignored, reduction);
}
