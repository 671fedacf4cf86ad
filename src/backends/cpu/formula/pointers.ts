import type { Code } from '../wasm/module.js';
import { ops } from '../wasm/opcodes.js';

/** Where the arguments of a kernel describe axes: `count` lengths, then for each axis the stride of every pointer. */
export interface AxesAt {
  readonly count: number;
  /** Word of the first length. */
  readonly at: number;
}

/** The number of words that describe `count` axes of `operands` pointers. */
export function axesWords(count: number, operands: number): number {
  return count * (1 + operands);
}

/** Initialises pointers from consecutive argument words. */
export function loadPointers(code: Code, pointers: readonly number[], word: number): void {
  pointers.forEach((pointer, k) => {
    code
      .get(0)
      .i32Load(4 * (word + k))
      .set(pointer);
  });
}

/**
 * Moves pointers to element `number` of the axes. The number is decomposed into indices; the last axis is the
 * innermost.
 */
export function movePointers(code: Code, pointers: readonly number[], number: number, { count, at }: AxesAt): void {
  if (count === 0) return;
  const rest = code.scratch();
  const index = code.scratch();
  code.get(number).set(rest);
  for (let axis = count - 1; axis >= 0; axis--) {
    if (axis === 0) code.get(rest).set(index);
    else {
      const length = () => code.get(0).i32Load(4 * (at + axis));
      code.get(rest);
      length();
      code.op(ops.i32remU).set(index).get(rest);
      length();
      code.op(ops.i32divU).set(rest);
    }
    pointers.forEach((pointer, k) => {
      code.get(pointer).get(index).get(0);
      code
        .i32Load(4 * (at + count + axis * pointers.length + k))
        .op(ops.i32mul, ops.i32add)
        .set(pointer);
    });
  }
}
