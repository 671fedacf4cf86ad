import type { Operands, Scalars } from '../backend.js';
import { type Formula, uniformValues } from '../formula.js';
import type { Reducer } from '../formula-nodes.js';
import { broadcastShapes, numel } from '../shape.js';
import type { GpuHandle } from './cell.js';
import { printNodes, stored } from './formula.js';
import type { Job } from './job.js';
import { operandOf } from './map.js';
import { beginOutput, KernelSource } from './source.js';

/** What each reducer starts from, and how it goes on; NaN wins in max and min. */
const reducers: Readonly<Record<Reducer, { start: string; join: (sum: string, x: string) => string }>> = {
  sum: { start: '0', join: (s, x) => `${s} + ${x}` },
  prod: { start: '1', join: (s, x) => `${s} * ${x}` },
  max: { start: '-1 / zero', join: (s, x) => `(${s} !== ${s} || ${s} > ${x}) ? ${s} : ${x}` },
  min: { start: '1 / zero', join: (s, x) => `(${s} !== ${s} || ${s} < ${x}) ? ${s} : ${x}` },
};

/** One kernel for each result, whose threads walk over the reduced axes. */
export function reduceJobs(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): Job[] {
  const uniform = uniformValues(f, scalars);
  const inputs = f.inputs.map((name) => operandOf(operands, name));
  const shape = broadcastShapes('reduce', ...inputs.map((x) => x.shape));
  return f.results.map(({ name, node, reducer }) => {
    const out = operandOf(operands, name);
    const { start, join } = reducers[reducer ?? 'sum'];
    const reduced = shape.map((length, axis) => (out.shape[axis] === 1 ? length : 1));
    const count = numel(reduced);
    const k = new KernelSource();
    const outer = k.indices(out.shape, beginOutput(k, out));
    if (reducer === 'max' || reducer === 'min') k.line(`const zero = ${k.number(0)};`);
    k.line(`let sum = ${start};`);
    k.line(`for (let j = 0; j < ${count}; j++) {`);
    const inner = k.indices(reduced, 'j');
    const indices = shape.map((_, axis) => (out.shape[axis] === 1 ? inner[axis] : outer[axis]));
    const load = (input: string) => {
      const x = operandOf(operands, input);
      return k.element(x, k.position(x, shape, indices));
    };
    const names = printNodes(k, f, uniform, load);
    k.line(`sum = ${join('sum', names[node])};`);
    k.line('}');
    k.line(`return ${stored(k, out.dtype, 'sum')};`);
    return { out, source: k };
  });
}
