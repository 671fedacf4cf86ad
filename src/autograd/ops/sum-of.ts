import { expected, FormulaError } from '../../errors.js';
import { type Formula, formulaOf } from '../../formula/formula.js';
import { gradientFormula } from '../../formula/gradient.js';
import type { Scalars } from '../../tensor/backend.js';
import { reduce } from '../../tensor/run.js';
import { broadcastShapes, reducedShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { record } from '../graph.js';
import { applyFormula, callOf, type Values } from './apply-formula.js';
import { expand } from './math/reduction.js';
import { reshape } from './shape/reshape.js';

/**
 * Evaluates a formula `y = sum(...)` over `axes` of the common shape of its operands in one pass, without storing the
 * terms, and records it. Its gradients of any order are derived from the formula.
 * @throws ShapeError, FormulaError, ValueError or DeviceError for operands or a formula that do not fit.
 */
export function sumOf(
  op: string,
  f: Formula,
  operands: Values,
  { axes, keepDim = false }: { readonly axes: readonly number[]; readonly keepDim?: boolean },
  scalars: Scalars = {},
): Tensor {
  const { f: bound, names, tensors, scalars: constants } = callOf(op, f, operands, scalars);
  const inputs = names.map((name) => tensors[name]);
  const full = broadcastShapes(op, ...inputs.map((t) => t.shape));
  const terms = summand(bound);
  const [y] = reduce(op, bound, tensors, { axes, keepDim }, constants);
  const kept = reducedShape(full, axes, true);
  const gradientBy = (name: string, dy: Tensor): Tensor | null => {
    const gradient = gradientFormula(terms, name);
    if (gradient === 'zero') return null;
    const spread = reshape(dy, kept);
    if (gradient === 'same') return expand(spread, full);
    const given: Record<string, Tensor> = {};
    for (const input of gradient.formula.inputs) given[input] = input === gradient.incoming ? spread : tensors[input];
    return expand(applyFormula(`${op} backward`, gradient.formula, given, constants), full);
  };
  return record(op, inputs, y, (dy) => names.map((name) => () => gradientBy(name, dy)));
}

const summands = new Map<number, Formula>();

/** Returns the element-wise formula of the terms that a reducing formula sums. */
function summand(f: Formula): Formula {
  let found = summands.get(f.id);
  if (!found) {
    const [result] = f.results;
    if (f.results.length !== 1 || result.reducer !== 'sum') {
      throw new FormulaError(expected('sumOf', 'a formula with one sum', `'${f.text.trim()}'`));
    }
    found = formulaOf(f.text, f.nodes, [{ ...result, reducer: null }], f.tensors, f.scalars);
    summands.set(f.id, found);
  }
  return found;
}
