import type { Formula } from '../../../formula/formula.js';
import { reducing, storedIn } from '../../../formula/semantics.js';
import type { Operands } from '../../../tensor/backend.js';
import type { Engine } from '../engine.js';
import { memoryOf } from '../host.js';
import type { InlineFunctions } from '../wasm/functions.js';
import { type Axis, describeAxes, isJoined, type KernelMode, lengthOf, type Plan, planWalk } from './plan.js';
import { columnBytes, compileReduceColumns, flushRows } from './reduce-columns.js';
import type { ReduceVariant } from './reduce-frame.js';
import { compileReduceRows, flushElements } from './reduce-rows.js';
import { stepsOf } from './sums.js';

/** A call of a reducing kernel; a pointer to memory for intermediate results precedes the arguments. */
export interface ReducePlan extends Plan<ReduceVariant> {
  /** Partial results per result element. */
  readonly splits: number;
  /** Bytes of memory for intermediate results. */
  readonly bytes: number;
}

/** Reductions to fewer elements than this are split, so that there is work for all threads. */
const fewOutputs = 64;

/** The most elements that one task reduces where a reduction is split. */
const splitElements = 32768;

/** The fewest elements that a task should process. */
const taskElements = 16384;

/** The most elements that a task adds to an output before it goes on to the next one. */
const visitElements = 256;

/** The length of the shortest rows that are reduced in wide form, whose sums make a detour through memory. */
const leastWide = 32;

/** The most columns of a task whose sums are in memory: these fit into the caches. */
const mostColumns = 4096;

/**
 * Plans a reduction; returns null if it has no results. How sums are split depends only on shapes, never on the
 * threads, for which tasks are.
 */
export function planReduce(
  f: Formula,
  operands: Operands<number>,
  mode: KernelMode,
  threads: number,
): ReducePlan | null {
  const { axes, names } = planWalk(f, operands);
  const last = axes.at(-1);
  const kind = last?.reduced ? 'rows' : 'columns';
  const inner: Axis = last ?? { length: 1, reduced: false, strides: names.map(() => 0) };
  const kept = axes.slice(0, -1).filter((axis) => !axis.reduced);
  const reduced = axes.slice(0, -1).filter((axis) => axis.reduced);
  const outputs = lengthOf(kept);
  if (outputs === 0 || (kind === 'columns' && inner.length === 0)) return null;
  const divide = kind === 'rows' ? divideRows : divideColumns;
  const { words, ...division } = divide(f, outputs, lengthOf(reduced), inner.length, threads);
  const advances = names.map((_, k) => inner.strides[k] !== 0);
  const { bytes } = division;
  return {
    variant: {
      kind,
      ...mode,
      wide: mode.wide && stepsOf(f) > 1 && inner.length >= leastWide && isJoined(f.inputs, operands, advances),
      keptAxes: kept.length,
      reducedAxes: reduced.length,
      advances,
      names,
      inMemory: bytes > 0,
      isShort: inner.length <= flushElements,
    },
    head: [outputs, ...words],
    tail: [...describeAxes(kept, names.length), ...describeAxes(reduced, f.inputs.length)],
    ...division,
  };
}

interface Division {
  /** The argument words that describe the division, without the number of outputs, in the order of the kernels. */
  readonly words: readonly number[];
  readonly tasks: number;
  readonly splits: number;
  /** Bytes of memory for intermediate results. */
  readonly bytes: number;
}

function divideRows(f: Formula, outputs: number, rows: number, inner: number, threads: number): Division {
  const split = outputs < fewOutputs && rows * inner > 2 * splitElements;
  const innerPart = split ? Math.min(inner, splitElements) : inner;
  const taskRows = split ? Math.max(1, Math.floor(splitElements / inner)) : rows;
  const innerSplits = Math.ceil(inner / innerPart) || 1;
  const splits = innerSplits * (Math.ceil(rows / taskRows) || 1);
  const fitting = split ? 1 : Math.floor(taskElements / Math.max(1, rows * inner));
  const visitRows = Math.max(1, Math.floor(visitElements / inner));
  const share = visitRows < taskRows ? Math.ceil((outputs * splits) / (2 * threads)) : 1;
  const taskOutputs = Math.min(outputs, Math.max(1, share, fitting));
  const visits = visitRows < taskRows && taskOutputs > 1;
  return {
    words: [taskOutputs, splits, rows, taskRows, visits ? visitRows : rows, inner, innerPart, innerSplits],
    tasks: splits * Math.ceil(outputs / taskOutputs),
    splits,
    bytes: visits || splits > 1 ? 8 * outputWords(f) * outputs * splits : 0,
  };
}

/** Doubles in memory for an output: vectors of sums, then totals. */
function outputWords(f: Formula): number {
  return f.results.length * (2 * stepsOf(f) + 1);
}

function divideColumns(f: Formula, outputs: number, rows: number, columns: number, threads: number): Division {
  // whole cache lines, so that no two tasks write to the same line
  const lines = (elements: number) => 16 * Math.ceil(elements / 16);
  const least = lines(taskElements / Math.max(1, rows));
  const share = lines((outputs * columns) / (2 * threads));
  const taskColumns = Math.min(columns, Math.max(least, Math.min(share, mostColumns)));
  const chunks = Math.ceil(columns / taskColumns);
  const taskOutputs = Math.max(1, Math.floor(taskElements / Math.max(1, rows * columns)));
  const inMemory = rows > flushRows;
  // a divisor of flushRows; of long rows, processors recognise only few that are read side by side
  const groupRows = !inMemory ? rows : columns > 256 ? 16 : flushRows;
  const threadBytes = inMemory ? f.results.length * columnBytes * Math.ceil(taskColumns / 4) : 0;
  return {
    words: [taskOutputs, chunks, rows, columns, taskColumns, groupRows, threadBytes],
    tasks: chunks * Math.ceil(outputs / taskOutputs),
    splits: 1,
    bytes: threads * threadBytes,
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
  const parts = new Float64Array(engine.memory.buffer, partials);
  const step = outputWords(f);
  f.results.forEach(({ name, reducer }, r) => {
    const { join } = reducing[arithmetic][reducer ?? 'sum'];
    const stored = storedIn[operands[name].dtype];
    const out = memoryOf(engine, operands[name]);
    for (let o = 0; o < out.length; o++) {
      const first = o * splits * step + step - f.results.length + r;
      let total = parts[first];
      for (let split = 1; split < splits; split++) total = join(total, parts[first + split * step]);
      out[o] = stored(total);
    }
  });
}
