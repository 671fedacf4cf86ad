import { expected, ShapeError, shapeText } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { bindScalars } from '../../../formula/gradient.js';
import { share } from '../../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../../tensor/options.js';
import { map, reduce } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { withGrad } from '../../mode.js';
import { applyFormula } from '../apply-formula.js';
import { expectFloat, expectIndex, expectLabels, expectShape } from '../expect.js';
import { counting } from '../fill.js';
import { pick } from '../index/gather.js';
import { logTotal } from '../math/softmax.js';
import { reshape } from '../shape/reshape.js';
import { expectElements, type LabelLossOptions, labelLossOptions, reduceRows } from './row-losses.js';

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends LabelLossOptions {
  /**
   * Fraction of the target that is spread evenly over the classes, from 0 to 1.
   * @default 0
   */
  readonly labelSmoothing?: number;
}

/** The table of `CrossEntropyOptions`. */
export const crossEntropyOptions: OptionTable<Required<CrossEntropyOptions>> = {
  ...labelLossOptions,
  labelSmoothing: share(0),
};

const valid = formula('y = label == ignored ? 0 : label', { tensors: ['label', 'y'], scalars: ['ignored'] });
const deviations = formula('total = sum(x - shift)', { tensors: ['x', 'shift', 'total'] });
const rowLoss = formula('y = label == ignored ? 0 : t + keep * (shift - picked) - smooth * total', {
  tensors: ['label', 't', 'shift', 'picked', 'total', 'y'],
  scalars: ['ignored', 'keep', 'smooth'],
});
const rowLossPlain = bindScalars(rowLoss, ['total']);
const gradient = formula('dx = label == ignored ? 0 : (exp(x - shift - t) - smooth - (label == c ? keep : 0)) * dy', {
  tensors: ['label', 'x', 'shift', 't', 'c', 'dy', 'dx'],
  scalars: ['ignored', 'keep', 'smooth'],
});

/**
 * The cross-entropy of softmax(logits) and integer labels, for logits (N, C) or (N, C, ...) and labels (N) or (N, ...):
 *
 *     -(1 - labelSmoothing) * log p[label] - labelSmoothing * mean of log p over the classes
 *
 * Stores two numbers per row for backward, which computes the gradient softmax - target in one pass.
 * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for bad options or a label outside [0, C)
 * that is not ignored; on a GPU the next read rejects with the latter instead.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options?: CrossEntropyOptions): Tensor {
  const { labelSmoothing, reduction, ignoreIndex } = resolveOptions('crossEntropy', crossEntropyOptions, options);
  const label = labelsOf('crossEntropy', logits, labels, ignoreIndex);
  expectElements('crossEntropy', reduction, labels);
  const scalars = { keep: 1 - labelSmoothing, smooth: labelSmoothing / logits.shape[1], ignored: ignoreIndex };
  return reduceRows(rowLosses(logits, label, scalars), labels, ignoreIndex, reduction);
}

/**
 * Checks labels (N, ...) for x (N, C, ...) and returns them as int32 (N, 1, ...).
 * @throws ShapeError, DtypeError or ValueError, with `op` in the message, for labels that do not fit.
 */
export function labelsOf(op: string, x: Tensor, labels: Tensor, ignored: number): Tensor {
  expectFloat(op, x);
  if (x.ndim < 2 || x.shape[1] === 0) throw new ShapeError(expected(op, 'scores (N, C, ...)', shapeText(x.shape)));
  const [rows, classes, ...rest] = x.shape;
  expectShape(op, 'labels', labels, [rows, ...rest]);
  const label = expectIndex(op, labels, 'labels');
  expectLabels(op, label, classes, { ignored });
  return reshape(label, [rows, 1, ...rest]);
}

/** Returns the scores of the labels (N, 1, ...) in x (N, C, ...); the score of class 0 where the label is ignored. */
export function labelled(op: string, x: Tensor, label: Tensor, ignored: number): Tensor {
  return pick(x, 1, map(op, valid, { label }, { ignored }, 'int32'));
}

function rowLosses(x: Tensor, label: Tensor, scalars: { keep: number; smooth: number; ignored: number }): Tensor {
  const { shift, t } = logTotal('crossEntropy', x, [1]);
  const picked = withGrad(false, () => labelled('crossEntropy', x, label, scalars.ignored));
  const given = { label, t, shift, picked };
  const [total] =
    scalars.smooth === 0 ? [] : reduce('crossEntropy', deviations, { x, shift }, { axes: [1], keepDim: true });
  const rows = total
    ? map('crossEntropy', rowLoss, { ...given, total }, scalars)
    : map('crossEntropy', rowLossPlain, given, { ...scalars, total: 0 });
  picked.dispose();
  total?.dispose();
  record('crossEntropy', [x], rows, (dy) => [
    () => {
      const classes = x.shape.map((length, axis) => (axis === 1 ? length : 1));
      // floats, like x: the formula is computed in floats, and loads of integers would have to convert them
      const c = reshape(counting('crossEntropy', x.shape[1], 'float32', x.storage.backend), classes);
      return applyFormula('crossEntropy', gradient, { label, x, shift, t, c, dy }, scalars);
    },
  ]);
  return reshape(rows, [x.shape[0], ...x.shape.slice(2)]);
}
