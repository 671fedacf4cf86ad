import type { Reducer } from '../../../formula/nodes.js';
import { type Arithmetic, reducing } from '../../../formula/semantics.js';
import type { Code } from '../wasm/module.js';
import { ops, simd, types, type ValueType } from '../wasm/opcodes.js';

/** What the code of a kernel depends on besides the formula and the dtypes. */
export interface ReduceVariant {
  /** Whether the innermost axis is reduced (rows) or kept (columns). */
  readonly kind: 'rows' | 'columns';
  readonly arithmetic: Arithmetic;
  readonly relaxed: boolean;
  readonly wide: false;
  /** The number of kept axes, without the innermost one. */
  readonly keptAxes: number;
  /** The number of reduced axes, without the innermost one. */
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

/** Pushes a vector with the result of reducing no elements. */
export function identity(code: Code, reducer: Reducer | null, arithmetic: Arithmetic): Code {
  const { start } = reducing[arithmetic][reducer ?? 'sum'];
  return arithmetic === 'float' ? code.floats(start) : code.ints(start);
}

/** Combines the two vectors on the stack. */
export function accumulate(code: Code, reducer: Reducer | null, arithmetic: Arithmetic): Code {
  return code.simd(vectorOps[arithmetic][reducer ?? 'sum']);
}

/** The type of the totals that combine lanes: doubles, or integers where everything is exact modulo 2^32. */
export function totalType(arithmetic: Arithmetic): ValueType {
  return arithmetic === 'float' ? types.f64 : types.i32;
}

/** Pushes the total of no elements. */
export function emptyTotal(code: Code, reducer: Reducer | null, arithmetic: Arithmetic): Code {
  const { start } = reducing[arithmetic][reducer ?? 'sum'];
  return arithmetic === 'float' ? code.double(start) : code.int(start);
}

/** Pushes a lane of the vector on the stack as a total. */
export function laneTotal(code: Code, lane: number, arithmetic: Arithmetic): Code {
  return arithmetic === 'float' ? code.simd(simd.f32lane, lane).op(ops.f64promote) : code.simd(simd.i32lane, lane);
}

/** Combines the two totals on the stack; integers need two locals to compare them. */
export function combineTotals(
  code: Code,
  reducer: Reducer | null,
  arithmetic: Arithmetic,
  [a, b]: readonly [number, number],
): Code {
  if (arithmetic === 'float') return code.op(doubleOps[reducer ?? 'sum']);
  if (reducer !== 'max' && reducer !== 'min') return code.op(reducer === 'prod' ? ops.i32mul : ops.i32add);
  code.set(b).tee(a).get(b).get(a).get(b);
  return code.op(reducer === 'max' ? ops.i32gtS : ops.i32ltS, ops.select);
}

/** Pushes a total as a double. */
export function totalAsDouble(code: Code, total: number, arithmetic: Arithmetic): Code {
  return arithmetic === 'float' ? code.get(total) : code.get(total).op(ops.f64fromI32);
}
