import { flag } from '../../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../../tensor/options.js';

/** Axes to reduce: one, several, or all of them if undefined; negative axes count from the end. */
export type Axes = number | readonly number[];

/** Options of a reduction. */
export interface ReduceOptions {
  /**
   * Keep reduced axes with size 1.
   * @default false
   */
  readonly keepDim?: boolean;
}

/** The table of `ReduceOptions`. */
export const reduceOptions: OptionTable<Required<ReduceOptions>> = { keepDim: flag(false) };

/**
 * Returns whether a reduction keeps its axes.
 * @throws ValueError, with `op` in the message, for bad options.
 */
export function keepDimOf(op: string, options: ReduceOptions | undefined): boolean {
  return resolveOptions(op, reduceOptions, options).keepDim;
}
