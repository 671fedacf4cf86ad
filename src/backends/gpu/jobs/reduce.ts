import type { Formula } from '../../../formula/formula.js';
import type { Reducer } from '../../../formula/nodes.js';
import { uniformValues } from '../../../formula/uniform.js';
import type { Operands, Scalars } from '../../../tensor/backend.js';
import { broadcastShapes, numel } from '../../../tensor/shape.js';
import type { GpuHandle, GpuOperand } from '../cell.js';
import { expectCountable } from '../device/limits.js';
import { larger, printResult, smaller, stored } from './formula.js';
import { type Job, type Plan, temporary } from './job.js';
import { operandOf } from './map.js';
import { beginOutput, KernelSource } from './source.js';

/** What each reducer starts from, and how it goes on. */
const reducers: Readonly<Record<Reducer, { start: number; join: (sum: string, x: string) => string }>> = {
  sum: { start: 0, join: (s, x) => `${s} + ${x}` },
  prod: { start: 1, join: (s, x) => `${s} * ${x}` },
  max: { start: Number.NEGATIVE_INFINITY, join: larger },
  min: { start: Number.POSITIVE_INFINITY, join: smaller },
};

/** As many threads keep a GPU busy, and as few elements are worth a thread. */
const [manyThreads, fewElements] = [2 ** 14, 32];

/** Into how many parts the elements behind each of `results` are split, one for each thread. */
export function partsOf(results: number, count: number): number {
  return Math.max(1, Math.min(Math.ceil(manyThreads / results), Math.floor(count / fewElements)));
}

/**
 * One kernel for each result. Where there are few results of many elements, each thread reduces a part of them, and
 * further kernels put the parts together; the split depends on shapes alone, so results repeat.
 */
export function reducePlan(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): Plan {
  const uniform = uniformValues(f, scalars);
  const inputs = f.inputs.map((name) => operandOf(operands, name));
  const shape = broadcastShapes('reduce', ...inputs.map((x) => x.shape));
  expectCountable(numel(shape));
  const stages: Job[][] = [];
  const temporaries: GpuOperand[] = [];
  for (const { name, node, reducer: own } of f.results) {
    const reducer = own ?? 'sum';
    const out = operandOf(operands, name);
    const reduced = shape.map((length, axis) => (out.shape[axis] === 1 ? length : 1));
    const count = numel(reduced);
    const parts = partsOf(out.size, count);
    const to = parts > 1 ? temporary(parts * out.size) : out;
    const k = new KernelSource();
    const place = beginOutput(k, to);
    const [part, result] = parts > 1 ? k.divide(place, out.size) : ['0', place];
    const outer = k.indices(out.shape, result);
    const step = (reduced.at(-1) ?? 1) % 4 === 0 ? 4 : 1;
    printLoop(k, reducer, { part, parts, count, step }, (j) => {
      const inner = k.indices(reduced, j);
      const indices = shape.map((_, axis) => (out.shape[axis] === 1 ? inner[axis] : outer[axis]));
      const load = (input: string) => k.elements(operandOf(operands, input), shape, indices, step);
      return printResult(k, f, node, uniform, load, step);
    });
    k.line(`return ${stored(k, to.dtype, 'sum')};`);
    const jobs: Job[] = [{ out: to, source: k }];
    if (parts > 1) {
      temporaries.push(to);
      jobs.push(...joinJobs(reducer, to, parts, out, temporaries));
    }
    jobs.forEach((job, stage) => {
      stages[stage] = [...(stages[stage] ?? []), job];
    });
  }
  return { stages, temporaries };
}

/**
 * Jobs, one a stage, that put together `parts` results for each element of `out`, which lie one after the other. Rows of
 * `length` elements may take the room of `padded` ones.
 */
export function joinJobs(
  reducer: Reducer,
  from: GpuOperand,
  parts: number,
  out: GpuOperand,
  temporaries: GpuOperand[],
  [length, padded] = [1, 1],
): Job[] {
  const fewer = parts > 8 * fewElements ? Math.ceil(Math.sqrt(parts)) : 1;
  const to = fewer > 1 ? temporary(fewer * out.size) : out;
  const k = new KernelSource();
  const [part, result] = k.divide(beginOutput(k, to), out.size);
  let place = result;
  if (padded > length) {
    const [row, column] = k.divide(result, length);
    place = `${row} * ${padded} + ${column}`;
  }
  const size = (out.size / length) * padded;
  printLoop(k, reducer, { part, parts: fewer, count: parts, step: 1 }, (j) => [
    k.element(from, `${j} * ${size} + ${place}`),
  ]);
  k.line(`return ${stored(k, to.dtype, 'sum')};`);
  const job = { out: to, source: k };
  if (fewer === 1) return [job];
  temporaries.push(to);
  return [job, ...joinJobs(reducer, to, fewer, out, temporaries)];
}

/** Leaves in `sum` what `elements` gives for part `part` of the numbers below `count`, `step` of them at a time. */
function printLoop(
  k: KernelSource,
  reducer: Reducer,
  { part, parts, count, step }: { part: string; parts: number; count: number; step: number },
  elements: (j: string) => string[],
): void {
  const { start, join } = reducers[reducer];
  const length = Math.ceil(count / parts / step) * step;
  k.line(`let sum = ${Number.isFinite(start) ? start : k.number(start)};`);
  k.line(`for (let turn = 0; turn < ${length / step}; turn++) {`);
  k.line(`const at = ${parts > 1 ? `${part} * ${length} + ` : ''}turn * ${step};`);
  if (parts * length > count) k.line(`if (at < ${count}) {`);
  for (const expression of elements('at')) {
    const value = k.name('e');
    k.line(`const ${value} = ${expression};`);
    k.line(`sum = ${join('sum', value)};`);
  }
  if (parts * length > count) k.line('}');
  k.line('}');
}
