import type { Operands, Scalars } from '../backend.js';
import { type Formula, uniformValues } from '../formula.js';
import type { Reducer } from '../formula-nodes.js';
import { broadcastShapes, numel } from '../shape.js';
import type { GpuHandle, GpuOperand } from './cell.js';
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
    const walk = (j: string) => {
      const inner = k.indices(reduced, j);
      const indices = shape.map((_, axis) => (out.shape[axis] === 1 ? inner[axis] : outer[axis]));
      const load = (input: string) => {
        const x = operandOf(operands, input);
        return k.element(x, k.position(x, shape, indices));
      };
      return printResult(k, f, node, uniform, load);
    };
    printLoop(k, reducer, part, parts, count, walk);
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

/** Jobs, one a stage, that put together `parts` results for each element of `out`, which lie one after the other. */
export function joinJobs(
  reducer: Reducer,
  from: GpuOperand,
  parts: number,
  out: GpuOperand,
  temporaries: GpuOperand[],
): Job[] {
  const fewer = parts > 8 * fewElements ? Math.ceil(Math.sqrt(parts)) : 1;
  const to = fewer > 1 ? temporary(fewer * out.size) : out;
  const k = new KernelSource();
  const [part, result] = k.divide(beginOutput(k, to), out.size);
  printLoop(k, reducer, part, fewer, parts, (j) => k.element(from, `(${j}) * ${out.size} + ${result}`));
  k.line(`return ${stored(k, to.dtype, 'sum')};`);
  const job = { out: to, source: k };
  if (fewer === 1) return [job];
  temporaries.push(to);
  return [job, ...joinJobs(reducer, to, fewer, out, temporaries)];
}

/** Leaves in `sum` what `element` gives for part `part` of the numbers below `count`. */
function printLoop(
  k: KernelSource,
  reducer: Reducer,
  part: string,
  parts: number,
  count: number,
  element: (j: string) => string,
): void {
  const { start, join } = reducers[reducer];
  const length = Math.ceil(count / parts);
  k.line(`let sum = ${Number.isFinite(start) ? start : k.number(start)};`);
  k.line(`for (let j = 0; j < ${length}; j++) {`);
  if (parts > 1) k.line(`const at = ${part} * ${length} + j;`);
  if (parts * length > count) k.line(`if (at < ${count}) {`);
  const value = k.name('e');
  const expression = element(parts > 1 ? 'at' : 'j');
  k.line(`const ${value} = ${expression};`);
  k.line(`sum = ${join('sum', value)};`);
  if (parts * length > count) k.line('}');
  k.line('}');
}
