import { type Dtype, promote } from '../../dtype.js';
import { expected, textOf, ValueError } from '../../errors.js';
import type { Formula } from '../../formula/formula.js';
import { bindScalars, type GradientFormula, gradientFormula } from '../../formula/gradient.js';
import type { Scalars } from '../../tensor/backend.js';
import { alias, map, reduce } from '../../tensor/run.js';
import { sameShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { record } from '../graph.js';

/** An operand that broadcasts: a tensor or a plain number. */
export type Value = Tensor | number;

/** Operands of a formula by name. */
export type Values = Readonly<Record<string, Value>>;

/** The dtype of an element-wise result; 'promoted' is that of arithmetic between the operands. */
export type ResultKind = Dtype | 'promoted';

/** A formula in which operands that are numbers became scalars, with the tensors and scalars to evaluate it on. */
export interface Call {
  readonly op: string;
  readonly f: Formula;
  /** Names of the operands that are tensors. */
  readonly names: readonly string[];
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly scalars: Scalars;
}

/**
 * Evaluates an element-wise formula with one result on operands that broadcast, and records it. Its gradients of any
 * order are derived from the formula, so an element-wise operation needs nothing else.
 * @throws ShapeError, ValueError or DeviceError, with `op` in the message, for operands that do not fit.
 */
export function applyFormula(
  op: string,
  f: Formula,
  operands: Values,
  scalars: Scalars = {},
  result: ResultKind = 'float32',
): Tensor {
  const call = callOf(op, f, operands, scalars);
  const y = map(op, call.f, call.tensors, call.scalars, resultDtype(result, operands));
  if (y.dtype !== 'float32') return y;
  const { names, tensors } = call;
  const gradients = (each: (name: string) => Tensor | null) => names.map((name) => () => each(name));
  return record(
    op,
    names.map((name) => tensors[name]),
    y,
    {
      backward: (dy) => gradients((name) => fusedGradient(call, name, y, dy)),
      composite: (dy) => gradients((name) => recordedGradient(call, name, y, dy)),
    },
  );
}

/**
 * Separates the operands of a formula into tensors and numbers.
 * @throws ValueError, with `op` in the message, for other operands, or if none is a tensor.
 */
export function callOf(op: string, f: Formula, operands: Values, scalars: Scalars): Call {
  const names: string[] = [];
  const numbers: string[] = [];
  const tensors: Record<string, Tensor> = {};
  const constants: Record<string, number> = { ...scalars };
  for (const name of Object.keys(operands)) {
    const value = operands[name];
    if (value instanceof Tensor) {
      names.push(name);
      tensors[name] = value;
    } else if (typeof value === 'number') {
      checkScalar(op, value, operands);
      numbers.push(name);
      constants[name] = value;
    } else {
      throw new ValueError(expected(op, 'tensors or numbers', textOf(value)));
    }
  }
  if (names.length === 0) throw new ValueError(expected(op, 'at least one tensor', Object.values(operands).join(', ')));
  return { op, f: bindScalars(f, numbers), names, tensors, scalars: constants };
}

/**
 * Checks that an integer beside tensors of integers fits into int32, in which they are computed.
 * @throws ValueError, with `op` in the message, otherwise.
 */
function checkScalar(op: string, value: number, operands: Values): void {
  if (!Number.isInteger(value) || (value >= -(2 ** 31) && value < 2 ** 31)) return;
  if (Object.values(operands).some((x) => x instanceof Tensor && x.dtype === 'float32')) return;
  throw new ValueError(
    `${expected(op, 'integers of 32 bits beside tensors of integers', `${value}`)}; cast to float32`,
  );
}

function resultDtype(kind: ResultKind, operands: Values): Dtype {
  if (kind !== 'promoted') return kind;
  const dtypeOf = (v: Value) => (v instanceof Tensor ? v.dtype : Number.isInteger(v) ? 'int32' : 'float32');
  return promote(...Object.values(operands).map(dtypeOf));
}

/**
 * Computes a gradient in one pass: if the input was repeated, its gradient is summed without being stored at full size.
 */
function fusedGradient(call: Call, name: string, y: Tensor, dy: Tensor): Tensor | null {
  const { op, f, tensors, scalars } = call;
  const x = tensors[name];
  const repeated = !sameShape(x.shape, dy.shape);
  const gradient = gradientFormula(f, name, { reducer: repeated ? 'sum' : undefined, withOutput: true });
  if (gradient === 'zero') return null;
  if (gradient === 'same') return dy;
  const operands = operandsOf(gradient, call, y, dy);
  if (!repeated) return map(op, gradient.formula, operands, scalars);
  const [sum] = reduce(op, gradient.formula, operands, { axes: repeatedAxes(x.shape, dy.shape) }, scalars);
  return alias(op, sum, x.shape);
}

function recordedGradient(call: Call, name: string, y: Tensor, dy: Tensor): Tensor | null {
  const gradient = gradientFormula(call.f, name, { withOutput: true });
  if (gradient === 'zero') return null;
  if (gradient === 'same') return dy;
  return applyFormula(`${call.op} backward`, gradient.formula, operandsOf(gradient, call, y, dy), call.scalars);
}

function operandsOf(
  { formula, output, incoming }: GradientFormula,
  { tensors }: Call,
  y: Tensor,
  dy: Tensor,
): Record<string, Tensor> {
  const given: Readonly<Record<string, Tensor>> = { ...tensors, [output]: y, [incoming]: dy };
  return Object.fromEntries(formula.inputs.map((name) => [name, given[name]]));
}

/** Returns the axes of `full` along which a tensor of `shape` was repeated. */
export function repeatedAxes(shape: readonly number[], full: readonly number[]): number[] {
  const lead = full.length - shape.length;
  return full.flatMap((length, axis) => (axis < lead || (shape[axis - lead] === 1 && length !== 1) ? [axis] : []));
}
