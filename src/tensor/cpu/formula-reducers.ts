import type { Reducer } from '../formula-nodes.js';
import type { Arithmetic } from './formula-vectors.js';
import { type Code, ops, simd } from './wasm.js';

/** What the code of a kernel depends on, besides formula and dtypes. */
export interface ReduceVariant {
  /** Whether the innermost axis is reduced (rows) or kept (columns). */
  readonly kind: 'rows' | 'columns';
  readonly arithmetic: Arithmetic;
  readonly relaxed: boolean;
  /** Kept axes, without the innermost one. */
  readonly keptAxes: number;
  /** Reduced axes, without the innermost one. */
  readonly reducedAxes: number;
  /** Whether each operand advances along the innermost axis. */
  readonly advances: readonly boolean[];
  readonly names: readonly string[];
  /** Whether the kernel leaves partial results for `finishReduce`. */
  readonly partial: boolean;
}

const vectorOps = {
  float: { sum: simd.f32.add, prod: simd.f32.mul, max: simd.f32.max, min: simd.f32.min },
  int: { sum: simd.i32.add, prod: simd.i32.mul, max: simd.i32.max, min: simd.i32.min },
} as const;

const doubleOps = { sum: ops.f64add, prod: ops.f64mul, max: ops.f64max, min: ops.f64min } as const;

const smallestInt = -(2 ** 31);

/** What a reduction of nothing gives, in double precision. */
export function identityDouble(reducer: Reducer | null): number {
  if (reducer === 'max') return Number.NEGATIVE_INFINITY;
  if (reducer === 'min') return Number.POSITIVE_INFINITY;
  return reducer === 'prod' ? 1 : 0;
}

/** Pushes a vector of what a reduction of nothing gives. */
export function identity(code: Code, reducer: Reducer | null, arithmetic: Arithmetic): Code {
  if (arithmetic === 'float') return code.floats(identityDouble(reducer));
  if (reducer === 'max') return code.ints(smallestInt);
  if (reducer === 'min') return code.ints(-(smallestInt + 1));
  return code.ints(reducer === 'prod' ? 1 : 0);
}

/** Puts the two vectors on the stack together. */
export function accumulate(code: Code, reducer: Reducer | null, arithmetic: Arithmetic): Code {
  return code.simd(vectorOps[arithmetic][reducer ?? 'sum']);
}

/** Puts the two doubles on the stack together. */
export function combineDoubles(code: Code, reducer: Reducer | null): Code {
  return code.op(doubleOps[reducer ?? 'sum']);
}
