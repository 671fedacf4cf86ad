import { expected, ShapeError, shapeText } from '../../../errors.js';
import { integer, oneOf } from '../../../tensor/option-kinds.js';
import type { OptionTable } from '../../../tensor/options.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { div } from '../math/arithmetic.js';
import { ne } from '../math/compare.js';
import { sum } from '../math/reduction.js';

/** What a loss makes of its values for each element or row: their mean, their sum, or nothing. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of a loss. */
export interface LossOptions {
  /**
   * What is made of the losses of the elements or rows.
   * @default 'mean'
   */
  readonly reduction?: Reduction;
}

/** Options of a loss on labels. */
export interface LabelLossOptions extends LossOptions {
  /**
   * The label of rows that do not count.
   * @default -100
   */
  readonly ignoreIndex?: number;
}

/** The table of `LossOptions`. */
export const lossOptions: OptionTable<Required<LossOptions>> = { reduction: oneOf(['mean', 'sum', 'none'], 'mean') };

/** The table of `LabelLossOptions`. */
export const labelLossOptions: OptionTable<Required<LabelLossOptions>> = { ...lossOptions, ignoreIndex: integer(-100) };

/**
 * @throws ShapeError naming `op` if `reduction` is the mean of nothing.
 */
export function expectElements(op: string, reduction: Reduction, x: Tensor): void {
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
