import type { Formula } from '../../../formula/formula.js';
import { type Arithmetic, reducing, storedIn } from '../../../formula/semantics.js';
import type { Operands } from '../../../tensor/backend.js';
import type { Engine } from '../engine.js';
import { memoryOf } from '../host.js';
import type { InlineFunctions } from '../wasm/functions.js';
import { type Axis, lengthOf, planWalk } from './plan.js';
import { compileReduceColumns } from './reduce-columns.js';
import { compileReduceRows } from './reduce-rows.js';
import type { ReduceVariant } from './reducers.js';

/** A call of a reducing kernel without the kernel; see `Call`. A pointer to partial results precedes the arguments. */
export interface ReducePlan {
  readonly variant: ReduceVariant;
  readonly head: readonly number[];
  readonly tail: readonly number[];
  readonly tasks: number;
  readonly partialBytes: number;
  /** Partial results per result element. */
  readonly splits: number;
}

/** Reductions to fewer elements than this are split, so that there is work for all threads. */
const fewOutputs = 64;

/** The most elements that one task reduces where a reduction is split. */
const splitElements = 32768;

/** The fewest elements that a task should process. */
const taskElements = 16384;

/**
 * Plans a reduction; returns null if it has no results. How it is split depends only on shapes, never on the threads.
 */
export function planReduce(
  f: Formula,
  operands: Operands<number>,
  arithmetic: Arithmetic,
  relaxed: boolean,
): ReducePlan | null {
  const { axes, names } = planWalk(f, operands);
  const last = axes.at(-1);
  const kind = last?.reduced ? 'rows' : 'columns';
  const inner: Axis = last ?? { length: 1, reduced: false, strides: names.map(() => 0) };
  const kept = axes.slice(0, -1).filter((axis) => !axis.reduced);
  const reduced = axes.slice(0, -1).filter((axis) => axis.reduced);
  const [outputs, rows] = [lengthOf(kept), lengthOf(reduced)];
  if (outputs === 0 || (kind === 'columns' && inner.length === 0)) return null;
  const division =
    kind === 'rows' ? divideRows(outputs, rows, inner.length) : divideColumns(outputs, rows, inner.length);
  const advances = names.map((name, k) => inner.strides[k] !== 0 || (kind === 'columns' && f.outputs.includes(name)));
  const describe = (some: readonly Axis[]) => [
    ...some.map((axis) => axis.length),
    ...some.flatMap((axis) => axis.strides),
  ];
  return {
    variant: {
      ...{
        kind,
        arithmetic,
        relaxed,
        wide: false,
        keptAxes: kept.length,
        reducedAxes: reduced.length,
        advances,
        names,
      },
      partial: division.splits > 1,
    },
    head: division.words,
    tail: [...describe(kept), ...describe(reduced)],
    tasks: division.tasks,
    partialBytes: division.splits > 1 ? 8 * f.results.length * outputs * division.splits : 0,
    splits: division.splits,
  };
}

interface Division {
  /** The argument words that describe the division, in the order in which the kernels read them. */
  readonly words: readonly number[];
  readonly tasks: number;
  readonly splits: number;
}

function divideRows(outputs: number, rows: number, inner: number): Division {
  const split = outputs < fewOutputs && rows * inner > 2 * splitElements;
  const innerPart = split ? Math.min(inner, splitElements) : inner;
  const rowPart = split ? Math.max(1, Math.floor(splitElements / inner)) : rows;
  const innerSplits = Math.max(1, Math.ceil(inner / innerPart) || 1);
  const splits = innerSplits * Math.max(1, Math.ceil(rows / rowPart) || 1);
  const taskOutputs = split ? 1 : Math.max(1, Math.floor(taskElements / Math.max(1, rows * inner)));
  return {
    words: [outputs, taskOutputs, splits, rows, rowPart, inner, innerPart, innerSplits],
    tasks: splits * Math.ceil(outputs / taskOutputs),
    splits,
  };
}

function divideColumns(outputs: number, rows: number, columns: number): Division {
  // whole cache lines, so that no two tasks write to the same line
  const wanted = Math.ceil(taskElements / Math.max(1, rows) / 16) * 16;
  const taskColumns = Math.min(columns, wanted);
  const chunks = Math.ceil(columns / taskColumns);
  const taskOutputs = Math.max(1, Math.floor(taskElements / Math.max(1, rows * columns)));
  return {
    words: [outputs, taskOutputs, chunks, rows, columns, taskColumns],
    tasks: chunks * Math.ceil(outputs / taskOutputs),
    splits: 1,
  };
}

/** The kernel of a reduction. */
export function compileReduce(
  f: Formula,
  operands: Operands<number>,
  variant: ReduceVariant,
  functions: InlineFunctions,
): Uint8Array {
  const compile = variant.kind === 'rows' ? compileReduceRows : compileReduceColumns;
  return compile(f, operands, variant, functions);
}

/** Combines the partial results of a split reduction, in order. */
export function finishReduce(
  engine: Engine,
  f: Formula,
  operands: Operands<number>,
  { splits, variant: { arithmetic } }: ReducePlan,
  partials: number,
): void {
  const { size } = operands[f.outputs[0]];
  const parts = new Float64Array(engine.memory.buffer, partials, f.results.length * size * splits);
  f.results.forEach(({ name, reducer }, r) => {
    const { join } = reducing[arithmetic][reducer ?? 'sum'];
    const stored = storedIn[operands[name].dtype];
    const out = memoryOf(engine, operands[name]);
    for (let o = 0; o < size; o++) {
      const from = (r * size + o) * splits;
      out[o] = stored(parts.subarray(from, from + splits).reduce((a, b) => join(a, b)));
    }
  });
}
