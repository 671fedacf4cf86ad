import type { Formula } from '../../../formula/formula.js';
import type { Reducer } from '../../../formula/nodes.js';
import { uniformValues } from '../../../formula/uniform.js';
import type { Operands, Scalars } from '../../../tensor/backend.js';
import { broadcastShapes, numel } from '../../../tensor/shape.js';
import type { GpuHandle, GpuOperand } from '../allocation.js';
import { expectCountable } from '../device/limits.js';
import { larger, printResult, smaller, stored } from '../source/formula.js';
import { divide, unravelIndex } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import { beginOutput } from '../source/output.js';
import { type Job, type Plan, temporary } from './job.js';
import { plainOperand } from './map.js';

/** The value that each reducer starts from, and an expression that combines it with an element. */
const reducers: Readonly<Record<Reducer, { start: number; combine: (sum: string, x: string) => string }>> = {
  sum: { start: 0, combine: (s, x) => `${s} + ${x}` },
  prod: { start: 1, combine: (s, x) => `${s} * ${x}` },
  max: { start: Number.NEGATIVE_INFINITY, combine: larger },
  min: { start: Number.POSITIVE_INFINITY, combine: smaller },
};

/** The number of threads that keep a GPU busy, and the fewest elements that are worth a separate thread. */
const [manyThreads, fewElements] = [2 ** 14, 32];

/**
 * The number of parts, with one thread each, into which the `count` elements of each of `results` results are split.
 */
export function partCount(results: number, count: number): number {
  return Math.max(1, Math.min(Math.ceil(manyThreads / results), Math.floor(count / fewElements)));
}

/**
 * One kernel for each result of a formula. If there are few results of many elements, each thread reduces a part of
 * them, and further kernels combine the parts. The split depends only on shapes, so results are reproducible.
 */
export function reducePlan(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): Plan {
  const uniform = uniformValues(f, scalars);
  const inputs = f.inputs.map((name) => plainOperand(operands, name));
  const shape = broadcastShapes('reduce', ...inputs.map((x) => x.shape));
  expectCountable(numel(shape));
  const stages: Job[][] = [];
  const temporaries: GpuOperand[] = [];
  for (const { name, node, reducer: own } of f.results) {
    const reducer = own ?? 'sum';
    const out = plainOperand(operands, name);
    const reduced = shape.map((length, axis) => (out.shape[axis] === 1 ? length : 1));
    const count = numel(reduced);
    const parts = partCount(out.size, count);
    const to = parts > 1 ? temporary(parts * out.size) : out;
    const k = new KernelSource();
    const place = beginOutput(k, to);
    const [part, result] = parts > 1 ? divide(k, place, out.size) : ['0', place];
    const outer = unravelIndex(k, out.shape, result);
    const step = (reduced.at(-1) ?? 1) % 4 === 0 ? 4 : 1;
    reducePart(k, reducer, { part, parts, count, step }, (j) => {
      const inner = unravelIndex(k, reduced, j);
      const indices = shape.map((_, axis) => (out.shape[axis] === 1 ? inner[axis] : outer[axis]));
      const load = (input: string) => k.broadcast(plainOperand(operands, input), shape, indices, step);
      return printResult(k, f, { result: node, uniform, count: step, load });
    });
    k.return(stored(k, to.dtype, 'sum'));
    const combined = parts > 1 ? combinePlan(reducer, { from: to, parts, out }) : { stages: [], temporaries: [] };
    if (parts > 1) temporaries.push(to, ...combined.temporaries);
    [[{ out: to, source: k }], ...combined.stages].forEach((jobs, stage) => {
      stages[stage] = [...(stages[stage] ?? []), ...jobs];
    });
  }
  return { stages, temporaries };
}

/** Partial results to combine. */
export interface Parts {
  /** Sets of partial results: `parts` sets, one after another, each with one result per element of `out`. */
  readonly from: GpuOperand;
  readonly parts: number;
  readonly out: GpuOperand;
  /** If the rows of a set have gaps between them: the length of a row without and with its gap. */
  readonly row?: { readonly length: number; readonly padded: number };
}

/** Plans jobs that combine partial results, one job per stage. */
export function combinePlan(reducer: Reducer, { from, parts, out, row }: Parts): Plan {
  const fewer = parts > 8 * fewElements ? Math.ceil(Math.sqrt(parts)) : 1;
  const to = fewer > 1 ? temporary(fewer * out.size) : out;
  const k = new KernelSource();
  const [part, result] = divide(k, beginOutput(k, to), out.size);
  let [place, size] = [result, out.size];
  if (row && row.padded > row.length) {
    const [y, x] = divide(k, result, row.length);
    place = `${y} * ${row.padded} + ${x}`;
    size = (out.size / row.length) * row.padded;
  }
  reducePart(k, reducer, { part, parts: fewer, count: parts, step: 1 }, (j) => [
    k.element(from, `${j} * ${size} + ${place}`),
  ]);
  k.return(stored(k, to.dtype, 'sum'));
  const stage = [{ out: to, source: k }];
  if (fewer === 1) return { stages: [stage], temporaries: [] };
  const rest = combinePlan(reducer, { from: to, parts: fewer, out });
  return { stages: [stage, ...rest.stages], temporaries: [to, ...rest.temporaries] };
}

/**
 * Reduces into `sum` the results of `elements` for part `part` of the integers below `count`, `step` integers at a
 * time.
 */
function reducePart(
  k: KernelSource,
  reducer: Reducer,
  { part, parts, count, step }: { part: string; parts: number; count: number; step: number },
  elements: (j: string) => string[],
): void {
  const { start, combine } = reducers[reducer];
  const length = Math.ceil(count / parts / step) * step;
  k.let('sum', Number.isFinite(start) ? `${start}` : k.scalar(start));
  k.loop('turn', length / step, (turn) => {
    const at = k.const('at', `${parts > 1 ? `${part} * ${length} + ` : ''}${turn} * ${step}`);
    k.when(parts * length > count ? `${at} < ${count}` : null, () => {
      for (const expression of elements(at)) k.set('sum', combine('sum', k.define('e', expression)));
    });
  });
}
