import type { Formula } from '../../../formula/formula.js';
import { uniformLeaves } from '../../../formula/uniform.js';
import type { Operands } from '../../../tensor/backend.js';

/** What maps over dense tensors of one shape need of a formula. */
export interface DenseForm {
  /** Inputs and outputs. */
  readonly names: readonly string[];
  /** Nodes whose values the kernel reads; see `uniformLeaves`. */
  readonly leaves: readonly number[];
  /** Numbers of the kernels: of 128 and of 256 bits. */
  readonly kernels: (number | undefined)[];
}

/** The form of a formula. */
export function denseForm(f: Formula): DenseForm {
  return { names: [...new Set([...f.inputs, ...f.outputs])], leaves: uniformLeaves(f), kernels: [] };
}

/** The number of elements if all operands are dense float32 tensors of one shape, else -1. */
export function denseSize(names: readonly string[], operands: Operands<number>): number {
  const first = operands[names[0]];
  for (const name of names) {
    const each = operands[name];
    if (each?.dtype !== 'float32' || each.strides || !isSame(each.shape, first.shape)) return -1;
  }
  return first.size;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((length, i) => length === b[i]));
}
