import type { Dtype } from '../dtype.js';
import type { Formula } from './formula.js';
import type { FormulaNode, Reducer } from './nodes.js';
import { uniformLeaves } from './uniform.js';

/** Smallest and largest numbers of the integer dtypes. */
export const integerRange: Readonly<Record<'int32' | 'uint8', readonly [smallest: number, largest: number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
};

/**
 * How a number is converted when it is stored as each dtype: int32 truncates toward zero and saturates to its range,
 * uint8 truncates and clamps to 0..255, and both store NaN as 0; bool stores 1 unless the number is 0, also for NaN.
 * Rounding to float32 happens in the memory itself.
 */
export const storedIn: Readonly<Record<Dtype, (value: number) => number>> = {
  float32: (value) => value,
  int32: (value) => saturate(value, integerRange.int32),
  uint8: (value) => saturate(value, integerRange.uint8),
  bool: (value) => (value === 0 ? 0 : 1),
};

function saturate(value: number, [smallest, largest]: readonly [number, number]): number {
  // NaN and -0 are 0
  return Math.min(largest, Math.max(smallest, Math.trunc(value) || 0));
}

/** Whether the elements of a formula are computed as floats, or as int32 values that wrap on overflow. */
export type Arithmetic = 'float' | 'int';

/** Operations that map integers to integers, exactly modulo 2^32. */
const integerOperations: ReadonlySet<FormulaNode['op']> = new Set([
  ...(['load', 'number', 'select', 'and', 'or', 'not'] as const),
  ...(['add', 'sub', 'mul', 'neg', 'abs', 'min', 'max', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const),
]);

/**
 * Returns how a formula computes. It computes in int32 if all of the following hold, and otherwise in floats, to which
 * integers are converted when loaded:
 * - none of the tensors that it reads (or, if it reads none, assigns) is float32;
 * - it applies only `+ - * neg abs min max`, relations, `&& || !` and `?:` to values that depend on them;
 * - every scalar or constant value that it combines with them or assigns is an integer in the range of int32.
 *
 * Reducers use the same arithmetic: see `reducing`.
 * @param operands the tensors of the formula, by name
 * @param values the values of its uniform nodes, see `uniformValues`
 */
export function arithmeticOf(
  f: Formula,
  operands: Readonly<Record<string, { readonly dtype: Dtype }>>,
  values: readonly number[],
): Arithmetic {
  const deciding = f.inputs.length > 0 ? f.inputs : f.outputs;
  const isExact =
    deciding.every((name) => operands[name].dtype !== 'float32') &&
    f.nodes.every(({ op, uniform }) => uniform || integerOperations.has(op)) &&
    uniformLeaves(f).every((node) => values[node] === (values[node] | 0));
  return isExact ? 'int' : 'float';
}

/** The value of a reducer over no elements, and how it combines two numbers. */
export interface Reducing {
  readonly start: number;
  readonly join: (a: number, b: number) => number;
}

const [smallestInt, largestInt] = integerRange.int32;

/** Every reducer, in both kinds of arithmetic. `max` and `min` propagate NaN. */
export const reducing: Readonly<Record<Arithmetic, Readonly<Record<Reducer, Reducing>>>> = {
  float: {
    sum: { start: 0, join: (a, b) => a + b },
    prod: { start: 1, join: (a, b) => a * b },
    max: { start: Number.NEGATIVE_INFINITY, join: (a, b) => Math.max(a, b) },
    min: { start: Number.POSITIVE_INFINITY, join: (a, b) => Math.min(a, b) },
  },
  int: {
    sum: { start: 0, join: (a, b) => (a + b) | 0 },
    prod: { start: 1, join: Math.imul },
    max: { start: smallestInt, join: (a, b) => Math.max(a, b) },
    min: { start: largestInt, join: (a, b) => Math.min(a, b) },
  },
};
