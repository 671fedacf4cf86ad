import { expected, ShapeError, shapeText, ValueError } from '../../../errors.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { div } from '../math/arithmetic.js';
import { ne } from '../math/compare.js';
import { sum } from '../math/reduction.js';

/** What a loss makes of its values for each element or row: their mean (default), their sum, or nothing. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of a loss. */
export interface LossOptions {
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

/** Options of a loss on labels. */
export interface LabelLossOptions extends LossOptions {
  /** The label of rows that do not count. Default -100. */
  readonly ignoreIndex?: number;
}

/** Throws ValueError naming `op` unless `reduction` is one, ShapeError if it is the mean of nothing. */
export function checkReduction(op: string, reduction: Reduction, x: Tensor): void {
  if (!['mean', 'sum', 'none'].includes(reduction)) {
    throw new ValueError(expected(op, "reduction 'mean', 'sum' or 'none'", `'${reduction}'`));
  }
  if (reduction === 'mean' && x.size === 0) {
    throw new ShapeError(expected(op, 'at least one element to take the mean of', shapeText(x.shape)));
  }
}

/** Losses of labelled rows, 0 where the label is ignored, put together; the mean is over the labels that count. */
export function reduceRows(rows: Tensor, labels: Tensor, ignored: number, reduction: Reduction): Tensor {
  if (reduction === 'none') return rows;
  const total = sum(rows);
  return reduction === 'sum' ? total : div(total, sum(ne(labels, ignored)));
}
