import type { FormulaResult } from '../../../formula/nodes.js';
import { type Arithmetic, reducing } from '../../../formula/semantics.js';
import type { Code } from '../wasm/module.js';
import { ops, simd, types } from '../wasm/opcodes.js';

const { f32, i32 } = simd;
const vectorOps = {
  float: { sum: f32.add, prod: f32.mul, max: i32.maxU, min: i32.minU },
  int: { sum: i32.add, prod: i32.mul, max: i32.max, min: i32.min },
} as const;

/** Immediates of shuffles that combine the lanes of a vector: its halves are exchanged, then the lanes of a half. */
const exchanges = [
  [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7],
  [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11],
];

/** Reducers of floats that round, so that their results depend on the order of the elements. */
export type Inexact = 'sum' | 'prod';

/**
 * Emits how vectors accumulate one result. For the largest and the smallest of floats they contain integers without
 * sign in the same order, where NaN is beyond all numbers: the instructions for floats take several times as long.
 */
export class Accumulator {
  /** The reducer if it is inexact, else null. */
  readonly inexact: Inexact | null;
  readonly #code: Code;
  readonly #arithmetic: Arithmetic;
  readonly #reducer: 'sum' | 'prod' | 'max' | 'min';
  /** A local for a vector, and one with the sign bit in all lanes; -1 unless vectors are encoded. */
  readonly #spare: number;
  readonly #sign: number = -1;

  constructor(code: Code, { reducer }: FormulaResult, arithmetic: Arithmetic) {
    this.#code = code;
    this.#arithmetic = arithmetic;
    this.#reducer = reducer ?? 'sum';
    this.#spare = code.local(types.v128);
    const isFloat = arithmetic === 'float';
    this.inexact = isFloat && (reducer === 'sum' || reducer === 'prod') ? reducer : null;
    if (this.inexact || !isFloat) return;
    this.#sign = code.local(types.v128);
    // not a constant, which the engine would make anew for each use
    code.get(0).simd(simd.i32splat).tee(this.#sign).get(this.#sign).simd(i32.eq);
    code.int(31).simd(i32.shl).set(this.#sign);
  }

  /** Sets a local to the result of reducing no elements. */
  clear(vector: number): void {
    const code = this.#code;
    const { start } = reducing[this.#arithmetic][this.#reducer];
    if (this.#arithmetic === 'int') code.ints(start);
    else code.floats(start);
    this.encode();
    code.set(vector);
  }

  /** Converts elements, which are on the stack, to what vectors accumulate. */
  encode(): void {
    if (this.#sign < 0) return;
    this.#code.tee(this.#spare);
    this.#flip(() => this.#code.get(this.#spare));
    this.#code.get(this.#spare).get(this.#spare).simd(f32.ne);
    this.#code.simd(this.#reducer === 'max' ? simd.or : simd.andnot);
  }

  /** Converts a vector back to elements. */
  decode(): void {
    if (this.#sign < 0) return;
    this.#code.tee(this.#spare);
    this.#flip(() => this.#code.get(this.#spare).simd(simd.not));
  }

  /** Combines the two vectors on the stack. */
  combine(): void {
    this.#code.simd(vectorOps[this.#arithmetic][this.#reducer]);
  }

  /** Pushes, as a double, the lanes of a local combined, which is changed. */
  pushResult(vector: number): void {
    const code = this.#code;
    for (const exchange of exchanges) {
      code.get(vector).get(vector).get(vector);
      code.simd(simd.shuffle, ...exchange);
      this.combine();
      code.set(vector);
    }
    code.get(vector);
    this.decode();
    if (this.#arithmetic === 'float') code.simd(simd.f32lane, 0).op(ops.f64promote);
    else code.simd(simd.i32lane, 0).op(ops.f64fromI32);
  }

  /** Flips the sign bits of the vector on the stack, and all other bits where the vector of `push` is negative. */
  #flip(push: () => void): void {
    push();
    this.#code.int(31).simd(i32.shrS).get(this.#sign).simd(simd.or).simd(simd.xor);
  }
}
