import { type Formula, formula } from '../../../formula/formula.js';
import type { Tensor } from '../../../tensor/tensor.js';

/** What follows a value in the same pass over memory: + residual, of the same shape, then max(..., 0). */
export interface Epilogue {
  readonly residual?: Tensor | null;
  readonly relu?: boolean;
}

/** Operands of a formula by name. */
export type Operands = Readonly<Record<string, Tensor>>;

const formulas: Record<string, Formula> = {};

/** Returns the formula with a text that depends on options, made when first needed, and its operands. */
export function variant(
  text: string,
  operands: Operands,
  results: readonly string[] = ['y'],
  scalars?: readonly string[],
): [Formula, Operands] {
  formulas[text] ??= formula(text, { tensors: [...Object.keys(operands), ...results], scalars });
  return [formulas[text], operands];
}

/** Returns the formula of y = `value` with an epilogue, and its operands. */
export function withEpilogue(value: string, operands: Operands, { residual, relu }: Epilogue): [Formula, Operands] {
  const z = residual ? `${value} + residual` : value;
  return variant(
    relu ? `const z = ${z}\ny = z <= 0 ? 0 : z` : `y = ${z}`,
    residual ? { ...operands, residual } : operands,
  );
}
