import { type Dtype, promote } from '../../dtype.js';
import { DtypeError, ValueError } from '../../errors.js';
import type { Formula } from '../../formula/formula.js';
import { bindScalars, type GradientFormula, gradientFormula } from '../../formula/gradient.js';
import { alias, map, reduce } from '../../tensor/run.js';
import { sameShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { record } from '../graph.js';

/** An operand that broadcasts: a tensor or a plain number. */
export type Value = Tensor | number;

/** The dtype of an element-wise result: float32, bool, or by promotion of the operands. */
export type ResultKind = 'float32' | 'bool' | 'promoted';

/**
 * Evaluates an element-wise formula with one result on operands that broadcast, and records it. Its gradients are
 * derived from the formula, so this is all that an element-wise operation needs, to any order.
 * Throws ShapeError, DtypeError or DeviceError naming `op`.
 */
export function elementwise(
  op: string,
  f: Formula,
  operands: Readonly<Record<string, Value>>,
  scalars: Readonly<Record<string, number>> = {},
  result: ResultKind = 'float32',
): Tensor {
  const names = Object.keys(operands);
  const numbers = names.filter((name) => typeof operands[name] === 'number');
  const tensorNames = names.filter((name) => operands[name] instanceof Tensor);
  if (tensorNames.length + numbers.length !== names.length || tensorNames.length === 0) {
    throw new ValueError(`${op}: expected tensors or numbers, at least one a tensor, got ${Object.values(operands)}`);
  }
  const tensors: Record<string, Tensor> = {};
  for (const name of tensorNames) tensors[name] = operands[name] as Tensor;
  const constants: Record<string, number> = { ...scalars };
  for (const name of numbers) constants[name] = operands[name] as number;
  const bound = bindScalars(f, numbers);
  const y = map(op, bound, tensors, constants, resultDtype(result, Object.values(operands)));
  if (y.dtype !== 'float32') return y;
  const gradients = (each: (name: string) => Tensor | null) => tensorNames.map((name) => () => each(name));
  return record(
    op,
    tensorNames.map((name) => tensors[name]),
    y,
    {
      backward: (dy) => gradients((name) => fusedGradient(op, bound, name, tensors, constants, y, dy)),
      composite: (dy) => gradients((name) => recordedGradient(op, bound, name, tensors, constants, y, dy)),
    },
  );
}

function resultDtype(kind: ResultKind, operands: readonly Value[]): Dtype {
  if (kind !== 'promoted') return kind;
  return promote(...operands.map((v) => (v instanceof Tensor ? v.dtype : Number.isInteger(v) ? 'int32' : 'float32')));
}

/** In one pass: where the input was repeated, its gradient is summed without being stored at full size. */
function fusedGradient(
  op: string,
  f: Formula,
  name: string,
  tensors: Readonly<Record<string, Tensor>>,
  scalars: Readonly<Record<string, number>>,
  y: Tensor,
  dy: Tensor,
): Tensor | null {
  const x = tensors[name];
  const repeated = !sameShape(x.shape, dy.shape);
  const gradient = gradientFormula(f, name, { reducer: repeated ? 'sum' : undefined, withOutput: true });
  if (gradient === 'zero') return null;
  if (gradient === 'same') return dy;
  const operands = operandsOf(gradient, tensors, y, dy);
  if (!repeated) return map(op, gradient.formula, operands, scalars);
  const [sum] = reduce(op, gradient.formula, operands, { axes: repeatedAxes(x.shape, dy.shape) }, scalars);
  return alias(op, sum, x.shape);
}

function recordedGradient(
  op: string,
  f: Formula,
  name: string,
  tensors: Readonly<Record<string, Tensor>>,
  scalars: Readonly<Record<string, number>>,
  y: Tensor,
  dy: Tensor,
): Tensor | null {
  const gradient = gradientFormula(f, name, { withOutput: true });
  if (gradient === 'zero') return null;
  if (gradient === 'same') return dy;
  return elementwise(`${op} backward`, gradient.formula, operandsOf(gradient, tensors, y, dy), scalars);
}

function operandsOf(
  { formula, output, incoming }: GradientFormula,
  tensors: Readonly<Record<string, Tensor>>,
  y: Tensor,
  dy: Tensor,
): Record<string, Tensor> {
  const given: Readonly<Record<string, Tensor>> = { ...tensors, [output]: y, [incoming]: dy };
  return Object.fromEntries(formula.inputs.map((name) => [name, given[name]]));
}

/** Axes of `full` along which a tensor of `shape` was repeated. */
export function repeatedAxes(shape: readonly number[], full: readonly number[]): number[] {
  const lead = full.length - shape.length;
  return full.flatMap((length, axis) => (axis < lead || (shape[axis - lead] === 1 && length !== 1) ? [axis] : []));
}

/** Throws DtypeError unless `x` is float32. */
export function expectFloat(op: string, x: Tensor): void {
  if (x.dtype !== 'float32') throw new DtypeError(`${op}: expected float32, got ${x.dtype}`);
}
