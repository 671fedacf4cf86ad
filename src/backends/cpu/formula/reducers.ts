import type { FormulaResult, Reducer } from '../../../formula/nodes.js';
import { type Arithmetic, reducing } from '../../../formula/semantics.js';
import type { Code } from '../wasm/module.js';
import { ops, simd } from '../wasm/opcodes.js';

const vectorOps = {
  float: { sum: simd.f32.add, prod: simd.f32.mul, max: simd.f32.max, min: simd.f32.min },
  int: { sum: simd.i32.add, prod: simd.i32.mul, max: simd.i32.max, min: simd.i32.min },
} as const;

/** Reducers of floats that round, so that their results depend on the order of the elements. */
export type Inexact = 'sum' | 'prod';

/** Pushes a vector with the result of reducing no elements. */
export function identity(code: Code, reducer: Reducer | null, arithmetic: Arithmetic): Code {
  const { start } = reducing[arithmetic][reducer ?? 'sum'];
  return arithmetic === 'float' ? code.floats(start) : code.ints(start);
}

/** Combines the two vectors on the stack. */
export function accumulate(code: Code, reducer: Reducer | null, arithmetic: Arithmetic): Code {
  return code.simd(vectorOps[arithmetic][reducer ?? 'sum']);
}

/** The reducer of a result if it is inexact, else null. */
export function inexact({ reducer }: FormulaResult, arithmetic: Arithmetic): Inexact | null {
  return arithmetic === 'float' && (reducer === 'sum' || reducer === 'prod') ? reducer : null;
}

/** Immediates of shuffles that combine the lanes of a vector: its halves are exchanged, then the lanes of a half. */
const exchanges = [
  [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7],
  [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11],
];

/** Pushes, as a double, the lanes of a local combined, which is changed. */
export function pushResult(code: Code, vector: number, reducer: Reducer | null, arithmetic: Arithmetic): void {
  for (const exchange of exchanges) {
    code.get(vector).get(vector).get(vector);
    accumulate(code.simd(simd.shuffle, ...exchange), reducer, arithmetic).set(vector);
  }
  code.get(vector);
  if (arithmetic === 'float') code.simd(simd.f32lane, 0).op(ops.f64promote);
  else code.simd(simd.i32lane, 0).op(ops.f64fromI32);
}
