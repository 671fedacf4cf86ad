import { type Dtype, dtypes } from '../../dtype.js';
import { expected, FormulaError, textOf, ValueError } from '../../errors.js';
import { Formula } from '../../formula/formula.js';
import { axes as axesOption, numbersByName, oneOf, optional, text } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import { broadcastShapes, normalizeAxes } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { applyFormula, type Value, type Values } from './apply-formula.js';
import { type Axes, type ReduceOptions, reduceOptions } from './math/reduce-options.js';
import { sumOf } from './sum-of.js';

/** A tensor or number for each tensor that a formula reads: those of T that it does not assign, which are all but Y. */
export type FormulaOperands<T extends string, Y extends string> = string extends Y
  ? Readonly<Partial<Record<T, Value>>>
  : Readonly<Record<Exclude<T, Y>, Value>>;

/** The scalars that a formula declares. */
export interface FormulaScalars<S extends string = string> {
  readonly scalars: [S] extends [never] ? Readonly<Record<string, never>> : Readonly<Record<S, number>>;
}

/** Options of `elementwise`, in addition to the scalars of a formula that declares any. */
export interface ElementwiseOptions {
  /**
   * The dtype of the result; gradients flow through float32 only.
   * @default 'float32'
   */
  readonly dtype?: Dtype;
  /**
   * Name of the operation in error messages.
   * @default 'elementwise'
   */
  readonly name?: string;
}

/** Options of `reduce`, in addition to the scalars of a formula that declares any. */
export interface FormulaReduceOptions extends ReduceOptions {
  /** Axes of the common shape of the operands. Default: all of them. */
  readonly axes?: Axes;
  /**
   * Name of the operation in error messages.
   * @default 'reduce'
   */
  readonly name?: string;
}

const elementwiseOptions: OptionTable<Required<ElementwiseOptions & FormulaScalars>> = {
  dtype: oneOf(dtypes, 'float32'),
  name: text('elementwise'),
  scalars: numbersByName({}),
};

const formulaReduceOptions: OptionTable<FormulaReduceOptions & FormulaScalars> = {
  ...reduceOptions,
  axes: optional(axesOption()),
  name: text('reduce'),
  scalars: numbersByName({}),
};

/**
 * Evaluates an element-wise formula on tensors and numbers that broadcast, in one pass, with gradients of any order.
 * @throws ValueError for missing or unknown operands and scalars, FormulaError for a formula that is not element-wise
 * or has several results, ShapeError for operands that do not broadcast, DeviceError for operands on different devices.
 * @example
 * const mish = formula('y = x * tanh(log1p(exp(x)))', { tensors: ['x', 'y'] });
 * const y = elementwise(mish, { x });
 */
export function elementwise<T extends string, Y extends string>(
  f: Formula<T, never, Y>,
  operands: FormulaOperands<T, Y>,
  options?: ElementwiseOptions,
): Tensor;
/**
 * Evaluates a formula with scalars: numbers such as hyperparameters, whose expressions are evaluated once per call, in
 * double precision.
 */
export function elementwise<T extends string, S extends string, Y extends string>(
  f: Formula<T, S, Y>,
  operands: FormulaOperands<T, Y>,
  options: ElementwiseOptions & FormulaScalars<NoInfer<S>>,
): Tensor;
export function elementwise(f: Formula, operands: Partial<Values>, options?: ElementwiseOptions): Tensor {
  const { dtype, name, scalars } = resolveOptions('elementwise', elementwiseOptions, options);
  expectFormula(name, f, (results) => results[0].reducer === null, 'one element-wise result');
  return applyFormula(name, f, fitting(name, f, operands, scalars), scalars, dtype);
}

/**
 * Evaluates a formula `y = sum(...)` over axes of the common shape of its operands, in one pass and without storing the
 * terms, with gradients of any order.
 * @throws ValueError for missing or unknown operands and scalars and for an invalid axis, FormulaError for other
 * formulas, ShapeError for operands that do not broadcast, DeviceError for operands on different devices.
 * @example
 * const distance = formula('d = sum((a - b) * (a - b))', { tensors: ['a', 'b', 'd'] });
 * const d = reduce(distance, { a, b }, { axes: -1 });
 */
export function reduce<T extends string, Y extends string>(
  f: Formula<T, never, Y>,
  operands: FormulaOperands<T, Y>,
  options?: FormulaReduceOptions,
): Tensor;
/** Evaluates a formula with scalars. */
export function reduce<T extends string, S extends string, Y extends string>(
  f: Formula<T, S, Y>,
  operands: FormulaOperands<T, Y>,
  options: FormulaReduceOptions & FormulaScalars<NoInfer<S>>,
): Tensor;
export function reduce(f: Formula, operands: Partial<Values>, options?: FormulaReduceOptions): Tensor {
  const { axes, keepDim, name = 'reduce', scalars } = resolveOptions('reduce', formulaReduceOptions, options);
  expectFormula(name, f, (results) => results[0].reducer === 'sum', 'one sum');
  const given = fitting(name, f, operands, scalars);
  const shapes = Object.values(given).flatMap((value) => (value instanceof Tensor ? [value.shape] : []));
  const over = normalizeAxes(name, axes, broadcastShapes(name, ...shapes).length);
  return sumOf(name, f, given, { axes: over, keepDim }, scalars);
}

function expectFormula(op: string, f: Formula, fits: (results: Formula['results']) => boolean, wanted: string): void {
  if (!(f instanceof Formula)) throw new ValueError(expected(op, 'what formula() returned', textOf(f)));
  if (fits(f.results) && f.results.length === 1 && !f.inputs.includes(f.outputs[0])) return;
  throw new FormulaError(expected(op, `a formula with ${wanted} that it does not read`, `'${f.text.trim()}'`));
}

/**
 * Returns the operands if they and the scalars are those of the formula.
 * @throws ValueError, with `op` in the message, otherwise.
 */
function fitting(op: string, f: Formula, operands: Partial<Values>, scalars: FormulaScalars['scalars']): Values {
  expectNames(op, 'operands', f.inputs, operands);
  expectNames(op, 'scalars', f.scalars, scalars);
  return operands as Values;
}

function expectNames(op: string, what: string, names: readonly string[], given: object): void {
  if (typeof given !== 'object' || given === null) throw new ValueError(expected(op, `${what} by name`, textOf(given)));
  const found = Object.keys(given);
  if (found.length === names.length && names.every((name) => Object.hasOwn(given, name))) return;
  const listed = (list: readonly string[]) => (list.length > 0 ? list.join(', ') : 'none');
  throw new ValueError(expected(op, `${what} ${listed(names)}`, listed(found)));
}
