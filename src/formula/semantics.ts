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
 * What storing a number into each dtype keeps: int32 truncates toward zero and saturates to its range, uint8 truncates
 * and clamps to 0..255, both keep NaN as 0; bool keeps whether the number differs from 0, as NaN does. float32 leaves
 * rounding to the memory.
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

/** Whether the elements of a formula are computed as floats, or as int32 that wrap on overflow. */
export type Arithmetic = 'float' | 'int';

/** Operations that integers alone make integers of, exactly modulo 2^32. */
const integerOperations: ReadonlySet<FormulaNode['op']> = new Set([
  ...(['load', 'number', 'select', 'and', 'or', 'not'] as const),
  ...(['add', 'sub', 'mul', 'neg', 'abs', 'min', 'max', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const),
]);

/**
 * How a formula computes: in int32 if it reads tensors (or, reading none, assigns tensors) none of which is float32,
 * applies only `+ - * neg abs min max`, relations, `&& || !` and `?:` to what depends on them, and every scalar or
 * constant value that it combines with them or assigns is an integer in the range of int32. Otherwise in floats, to
 * which integers are converted when loaded. Reducers follow: see `reducing`.
 * @param operands the tensors of the formula, by name
 * @param values of its uniform nodes, see `uniformValues`
 */
export function arithmeticOf(
  f: Formula,
  operands: Readonly<Record<string, { readonly dtype: Dtype }>>,
  values: Float64Array,
): Arithmetic {
  const deciding = f.inputs.length > 0 ? f.inputs : f.outputs;
  const isExact =
    deciding.every((name) => operands[name].dtype !== 'float32') &&
    f.nodes.every(({ op, uniform }) => uniform || integerOperations.has(op)) &&
    uniformLeaves(f).every((node) => values[node] === (values[node] | 0));
  return isExact ? 'int' : 'float';
}

/** What a reducer gives for nothing, and how it puts two numbers together. */
export interface Reducing {
  readonly start: number;
  readonly join: (a: number, b: number) => number;
}

const [smallestInt, largestInt] = integerRange.int32;

/** Every reducer, in both kinds of arithmetic. NaN makes the result of `max` and `min` NaN. */
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
