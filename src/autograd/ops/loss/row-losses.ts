import { expected, ShapeError, shapeText } from '../../../errors.js';
import { integer, oneOf } from '../../../tensor/option-kinds.js';
import type { OptionTable } from '../../../tensor/options.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { div } from '../math/arithmetic.js';
import { ne } from '../math/compare.js';
import { sum } from '../math/reduction.js';

/** How a loss combines its values per element or row: their mean, their sum, or 'none' to return them all. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of a loss. */
export interface LossOptions {
  /**
   * How the losses of the elements or rows are combined.
   * @default 'mean'
   */
  readonly reduction?: Reduction;
}

/** Options of a loss on labels. */
export interface LabelLossOptions extends LossOptions {
  /**
   * Label of the rows that do not contribute to the loss.
   * @default -100
   */
  readonly ignoreIndex?: number;
}

/** The table of `LossOptions`. */
export const lossOptions: OptionTable<Required<LossOptions>> = { reduction: oneOf(['mean', 'sum', 'none'], 'mean') };

/** The table of `LabelLossOptions`. */
export const labelLossOptions: OptionTable<Required<LabelLossOptions>> = { ...lossOptions, ignoreIndex: integer(-100) };

/**
 * Checks that a mean is not taken over no elements.
 * @throws ShapeError, with `op` in the message, otherwise.
 */
export function expectElements(op: string, reduction: Reduction, x: Tensor): void {
  if (reduction === 'mean' && x.size === 0) {
    throw new ShapeError(expected(op, 'at least one element to take the mean of', shapeText(x.shape)));
  }
}

/**
 * Combines the losses of labelled rows, which are 0 where the label is ignored; the mean is over the labels that are
 * not ignored.
 */
export function reduceRows(rows: Tensor, labels: Tensor, ignored: number, reduction: Reduction): Tensor {
  if (reduction === 'none') return rows;
  const total = sum(rows);
  return reduction === 'sum' ? total : div(total, sum(ne(labels, ignored)));
}
