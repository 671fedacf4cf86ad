import { FormulaError } from '../../errors.js';
import { type Formula, formulaOf } from '../../formula/formula.js';
import { bindScalars, gradientFormula } from '../../formula/gradient.js';
import { reduce } from '../../tensor/run.js';
import { broadcastShapes, reducedShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { record } from '../graph.js';
import { elementwise, type Value } from './elementwise.js';
import { expand, type ReduceOptions } from './math/reduction.js';
import { reshape } from './shape/reshape.js';

/**
 * Evaluates a formula `y = sum(...)` over `axes` of the common shape of its operands in one pass, without storing what
 * it sums, and records it. Its gradients are derived from the formula, to any order.
 * Throws ShapeError or DeviceError naming `op`.
 */
export function sumOf(
  op: string,
  f: Formula,
  operands: Readonly<Record<string, Value>>,
  axes: readonly number[],
  { keepDim = false }: ReduceOptions = {},
  scalars: Readonly<Record<string, number>> = {},
): Tensor {
  const names = Object.keys(operands);
  const tensorNames = names.filter((name) => operands[name] instanceof Tensor);
  const numbers = names.filter((name) => !tensorNames.includes(name));
  const tensors: Record<string, Tensor> = {};
  for (const name of tensorNames) tensors[name] = operands[name] as Tensor;
  const constants: Record<string, number> = { ...scalars };
  for (const name of numbers) constants[name] = operands[name] as number;
  const bound = bindScalars(f, numbers);
  const inputs = tensorNames.map((name) => tensors[name]);
  const full = broadcastShapes(op, ...inputs.map((t) => t.shape));
  const [y] = reduce(op, bound, tensors, { axes, keepDim }, constants);
  const kept = reducedShape(full, axes, true);
  const gradientBy = (name: string, dy: Tensor): Tensor | null => {
    const gradient = gradientFormula(summand(bound), name);
    if (gradient === 'zero') return null;
    const spread = reshape(dy, kept);
    if (gradient === 'same') return expand(spread, full);
    const given: Record<string, Tensor> = {};
    for (const input of gradient.formula.inputs) given[input] = input === gradient.incoming ? spread : tensors[input];
    return expand(elementwise(`${op} backward`, gradient.formula, given, constants), full);
  };
  return record(op, inputs, y, (dy) => tensorNames.map((name) => () => gradientBy(name, dy)));
}

const summands = new Map<number, Formula>();

/** The element-wise formula of what a reducing formula sums. */
function summand(f: Formula): Formula {
  let found = summands.get(f.id);
  if (!found) {
    const [result] = f.results;
    if (f.results.length !== 1 || result.reducer !== 'sum') {
      throw new FormulaError(`formula: '${f.text.trim()}' has no gradient: expected one sum`);
    }
    found = formulaOf(f.text, f.nodes, [{ ...result, reducer: null }], f.tensors, f.scalars);
    summands.set(f.id, found);
  }
  return found;
}
