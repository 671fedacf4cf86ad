import type { Formula } from '../../../formula/formula.js';
import type { Code } from '../wasm/module.js';
import { simd, types } from '../wasm/opcodes.js';
import type { KernelMode } from './plan.js';
import { Accumulator } from './reducers.js';
import type { VectorEmitter } from './vectors.js';

/** Bytes of a vector. */
const vector = 16;

/** How many vectors accumulate each result of a reduction, unless registers get scarce. */
export function stepsOf(f: Formula): number {
  return f.nodes.length <= 24 && f.results.length <= 2 ? 4 : 1;
}

/**
 * The vectors that accumulate the results of a reduction, in locals of a kernel: several for each result, so that an
 * addition does not wait for the one before. In wide form, vectors are computed in pairs; the engine joins the pairs of
 * sums in a loop if it ends with nothing but storing them, so between loops they are in memory.
 */
export class Sums {
  /** How many vectors accumulate each result. */
  readonly steps: number;
  /** How they do, for each result. */
  readonly accumulators: readonly Accumulator[];
  readonly #code: Code;
  readonly #formula: Formula;
  readonly #vectors: VectorEmitter;
  readonly #isWide: boolean;
  readonly #locals: readonly (readonly number[])[];

  constructor(code: Code, f: Formula, vectors: VectorEmitter, mode: KernelMode) {
    this.steps = stepsOf(f);
    this.#code = code;
    this.#formula = f;
    this.#vectors = vectors;
    this.#isWide = mode.wide;
    this.accumulators = f.results.map((result) => new Accumulator(code, result, mode.arithmetic));
    this.#locals = f.results.map(() => Array.from({ length: this.steps }, () => code.local(types.v128)));
  }

  /** The local of vector `step` of result r. */
  local(r: number, step: number): number {
    return this.#locals[r][step];
  }

  /** Sets the first `steps` vectors of each result to the result of reducing no elements. */
  clear(steps = this.steps): void {
    this.#each(steps, (local, r) => this.accumulators[r].clear(local));
  }

  /** Computes the next `steps` vectors from the pointers and adds each to one of the sums. */
  add(steps: number): void {
    const pair = this.#isWide && steps > 1 ? [0, 1] : [0];
    for (let step = 0; step < steps; step += pair.length) {
      for (const place of pair) this.#vectors.compute(step + place, place);
      this.accumulators.forEach((accumulator, r) => {
        for (const place of pair) {
          const local = this.local(r, step + place);
          this.#code.get(local);
          this.#vectors.push(this.#formula.results[r].node, place);
          accumulator.encode();
          accumulator.combine();
          this.#code.set(local);
        }
      });
    }
  }

  /** Loads what `store` stored. */
  load(pointer: number, steps = this.steps, apart = steps): void {
    this.#each(steps, (local, r, step) => {
      this.#code
        .get(pointer)
        .simdMemory(simd.load, vector * (r * apart + step))
        .set(local);
    });
  }

  /** Stores the first `steps` of the `apart` vectors of each result; of a pair, the second first. */
  store(pointer: number, steps = this.steps, apart = steps): void {
    this.#each(steps, (_, r, step) => {
      const from = steps > 1 ? step ^ 1 : step;
      this.#code
        .get(pointer)
        .get(this.local(r, from))
        .simdMemory(simd.store, vector * (r * apart + from));
    });
  }

  #each(steps: number, body: (local: number, r: number, step: number) => void): void {
    this.#locals.forEach((locals, r) => {
      for (let step = 0; step < steps; step++) body(locals[step], r, step);
    });
  }
}
