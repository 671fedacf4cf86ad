import { erf, roundHalfEven } from './functions.js';

/** Functions of one number that every backend implements. */
export const unaryFunctions = [
  'neg',
  'abs',
  'sqrt',
  'exp',
  'log',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'erf',
  'floor',
  'ceil',
  'round',
  'expm1',
  'log1p',
] as const;

/** Functions of two numbers that every backend implements. `min` and `max` return NaN if either argument is NaN. */
const binaryFunctions = ['add', 'sub', 'mul', 'div', 'pow', 'min', 'max'] as const;

/** Relations; they return a truth value. */
export const relations = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const;

/** How the elements along reduced axes are combined. */
export const reducers = ['sum', 'max', 'min', 'prod'] as const;

/** One of `unaryFunctions`. */
export type UnaryFunction = (typeof unaryFunctions)[number];
/** One of `binaryFunctions`. */
export type BinaryFunction = (typeof binaryFunctions)[number];
/** One of `relations`. */
export type Relation = (typeof relations)[number];
/** One of `reducers`. */
export type Reducer = (typeof reducers)[number];

/** What a node computes from earlier nodes, which are given by index. */
export type FormulaOperation =
  | { readonly op: 'constant'; readonly value: number; readonly args: readonly [] }
  | { readonly op: 'scalar' | 'load'; readonly name: string; readonly args: readonly [] }
  | { readonly op: UnaryFunction | 'number' | 'not'; readonly args: readonly [number] }
  | { readonly op: BinaryFunction | Relation | 'and' | 'or'; readonly args: readonly [number, number] }
  | { readonly op: 'select'; readonly args: readonly [number, number, number] };

/**
 * One value of a formula in single-assignment form. `truth` nodes (relations, and, or, not) are truth values, which
 * `number` converts to 0 or 1 and `select` uses to choose; parsing inserts the conversions. `uniform` nodes depend on
 * scalars and constants alone, so a backend evaluates them once per call, in double precision.
 */
export type FormulaNode = FormulaOperation & { readonly uniform: boolean; readonly truth: boolean };

/**
 * A result of a formula: the tensor that it assigns, the node with the value and, in a reduction, how elements are
 * combined.
 */
export interface FormulaResult {
  readonly name: string;
  readonly node: number;
  readonly reducer: Reducer | null;
}

/** The same operation on other nodes: `place` returns the new index of each argument. */
export function withArgs<N extends FormulaOperation>(operation: N, place: (arg: number) => number): N {
  return { ...operation, args: operation.args.map(place) } as N;
}

type Evaluate = (...args: number[]) => number;

/** Every operation in double precision; truth values are 1 and 0. */
export const evaluate: Readonly<Record<Exclude<FormulaNode['op'], 'constant' | 'scalar' | 'load'>, Evaluate>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  expm1: Math.expm1,
  log1p: Math.log1p,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
  and: (a, b) => Number(a !== 0 && b !== 0),
  or: (a, b) => Number(a !== 0 || b !== 0),
  not: (a) => Number(a === 0),
  number: (a) => a,
  select: (test, a, b) => (test !== 0 ? a : b),
};
