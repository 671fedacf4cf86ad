import type { Reducer } from '../../../formula/nodes.js';
import { type Arithmetic, reducing } from '../../../formula/semantics.js';
import type { Code } from '../wasm/module.js';
import { simd, types } from '../wasm/opcodes.js';
import { accumulate, identity } from './reducers.js';

const doubleOps = { sum: simd.f64.add, prod: simd.f64.mul } as const;

/** Immediates of a shuffle: the upper half of a vector first, and the lower halves of two vectors. */
const upperFirst = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const lowerHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/**
 * The totals of four columns, in locals of a kernel. For sums and products of floats, whose error would otherwise grow
 * with the number of rows, they are doubles; for all else, they have the type of the values.
 */
export class ColumnTotals {
  readonly #code: Code;
  readonly #reducer: Reducer | null;
  readonly #arithmetic: Arithmetic;
  /** The instruction that combines doubles; null if the totals are not doubles. */
  readonly #combine: number | null;
  readonly #low: number;
  readonly #high: number;

  constructor(code: Code, reducer: Reducer | null, arithmetic: Arithmetic) {
    const kind = reducer ?? 'sum';
    this.#code = code;
    this.#reducer = reducer;
    this.#arithmetic = arithmetic;
    this.#combine = arithmetic === 'float' && (kind === 'sum' || kind === 'prod') ? doubleOps[kind] : null;
    this.#low = code.local(types.v128);
    this.#high = this.#combine === null ? this.#low : code.local(types.v128);
  }

  /** Sets them to the result of reducing no elements. */
  clear(): void {
    const code = this.#code;
    if (this.#combine === null) {
      identity(code, this.#reducer, this.#arithmetic).set(this.#low);
      return;
    }
    const { start } = reducing.float[this.#reducer ?? 'sum'];
    code.double(start).simd(simd.f64.splat).set(this.#low).get(this.#low).set(this.#high);
  }

  /** Combines them with a local that holds a vector. */
  add(vector: number): void {
    const code = this.#code;
    code.get(this.#low).get(vector);
    if (this.#combine === null) {
      accumulate(code, this.#reducer, this.#arithmetic).set(this.#low);
      return;
    }
    code.simd(simd.f64promoteLow).simd(this.#combine).set(this.#low);
    code
      .get(this.#high)
      .get(vector)
      .get(vector)
      .simd(simd.shuffle, ...upperFirst);
    code.simd(simd.f64promoteLow).simd(this.#combine).set(this.#high);
  }

  /** Pushes them as a vector of the type of the values. */
  push(): void {
    const code = this.#code;
    code.get(this.#low);
    if (this.#combine === null) return;
    code
      .simd(simd.f32demote)
      .get(this.#high)
      .simd(simd.f32demote)
      .simd(simd.shuffle, ...lowerHalves);
  }
}
