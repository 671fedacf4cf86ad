import type { Formula } from '../../../formula/formula.js';
import type { Operands } from '../../../tensor/backend.js';
import type { InlineFunctions } from '../wasm/functions.js';
import { Code } from '../wasm/module.js';
import { ops, types } from '../wasm/opcodes.js';
import type { KernelMode } from './plan.js';
import { type AxesAt, axesWords, loadPointers, movePointers } from './pointers.js';
import { Sums } from './sums.js';
import { VectorEmitter } from './vectors.js';

/** What the code of a kernel depends on besides the formula and the dtypes. */
export interface ReduceVariant extends KernelMode {
  /** Whether the innermost axis is reduced (rows) or kept (columns). */
  readonly kind: 'rows' | 'columns';
  /** The number of kept axes, without the innermost one. */
  readonly keptAxes: number;
  /** The number of reduced axes, without the innermost one. */
  readonly reducedAxes: number;
  /** Whether each operand advances along the innermost axis. */
  readonly advances: readonly boolean[];
  readonly names: readonly string[];
  /** Whether intermediate results are in memory. */
  readonly inMemory: boolean;
  /** Whether rows are so short that sums need not be flushed within one. */
  readonly isShort: boolean;
}

/** Positions of the first argument words; several parts, which are tasks of their own, make up an output. */
export const at = { memory: 0, outputs: 1, taskOutputs: 2, parts: 3, rows: 4, others: 5 } as const;

/** What the kernels of all reductions have in common: the walk over the outputs of a task. */
export interface ReduceFrame {
  readonly code: Code;
  readonly vectors: VectorEmitter;
  readonly sums: Sums;
  /** Pointers to the first element of each operand that belongs to an output, and to the output. */
  readonly bases: readonly number[];
  /** Numbers of the output and of its part. */
  readonly output: number;
  readonly part: number;
  readonly reduced: AxesAt;
  /** Repeats `body` for each output of the task. */
  eachOutput(body: () => void): void;
}

/**
 * Begins the kernel of a reduction. From word `pointersAt` on, the arguments are pointers, kept axes, reduced axes and
 * uniform values.
 */
export function reduceFrame(
  f: Formula,
  operands: Operands<number>,
  variant: ReduceVariant,
  functions: InlineFunctions,
  pointersAt: number,
): ReduceFrame {
  const { names, keptAxes, reducedAxes } = variant;
  const code = new Code(3);
  const vectors = new VectorEmitter(code, f, operands, { ...variant, names: f.inputs }, functions);
  const kept = { count: keptAxes, at: pointersAt + names.length };
  const reduced = { count: reducedAxes, at: kept.at + axesWords(keptAxes, names.length) };
  vectors.uniforms(0, 4 * (reduced.at + axesWords(reducedAxes, f.inputs.length)));
  const bases = names.map(() => code.local(types.i32));
  const { quotient: block, remainder: part } = code.taskParts(at.parts);
  const taskOutputs = code.argument(at.taskOutputs);
  const first = code.let(() => code.get(block).get(taskOutputs).op(ops.i32mul));
  const end = code.smaller(() => code.get(first).get(taskOutputs).op(ops.i32add), at.outputs);
  const output = code.scratch();
  const eachOutput = (body: () => void) => {
    code.get(first).set(output);
    code.whileFits(output, 1, end, () => {
      loadPointers(code, bases, pointersAt);
      movePointers(code, bases, output, kept);
      body();
    });
  };
  return { code, vectors, sums: new Sums(code, f, vectors, variant), bases, output, part, reduced, eachOutput };
}
