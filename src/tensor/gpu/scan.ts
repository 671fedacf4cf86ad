import { numel } from '../shape.js';
import type { GpuOperand } from './cell.js';
import { stored } from './formula.js';
import { isNumber } from './functions.js';
import type { Job } from './job.js';
import { beginOutput, KernelSource } from './source.js';

/** What to do if `x` beats `best`: the first NaN beats all numbers, and nothing beats it. */
export function ifBeaten(kind: 'max' | 'min', best: string, x: string, then: string): string {
  const holds = `${x} ${kind === 'max' ? '<=' : '>='} ${best}`;
  return `if (${isNumber(best)}) { if (${holds}) { ${best} = ${best}; } else { ${then} } }`;
}

/** Index of the first largest or smallest element along an axis; the first NaN wins over any number. */
export function argReduceJob(kind: 'max' | 'min', x: GpuOperand, out: GpuOperand, axis: number): Job {
  const [length, inner] = [x.shape[axis], numel(x.shape.slice(axis + 1))];
  const k = new KernelSource();
  const [block, column] = k.indices([out.size / inner, inner], beginOutput(k, out));
  k.line('let winner = 0;');
  k.line(`const start = ${block} * ${length * inner} + ${column};`);
  k.line(`let best = ${k.element(x, 'start')};`);
  k.line(`for (let j = 1; j < ${length}; j++) {`);
  k.line(`const x = ${k.element(x, `start + j * ${inner}`)};`);
  k.line(ifBeaten(kind, 'best', 'x', 'best = x; winner = j;'));
  k.line('}');
  k.line('return winner;');
  return { out, source: k };
}

/** Running sum along an axis, from the end if `reverse`: each thread sums from there to its own place. */
export function cumsumJob(x: GpuOperand, out: GpuOperand, axis: number, reverse: boolean): Job {
  const [length, inner] = [x.shape[axis], numel(x.shape.slice(axis + 1))];
  const k = new KernelSource();
  const [block, place, column] = k.indices([out.size / length / inner, length, inner], beginOutput(k, out));
  k.line('let sum = 0;');
  k.line(`for (let j = 0; j < ${length}; j++) {`);
  k.line(`if (j ${reverse ? '>=' : '<='} ${place}) {`);
  k.line(`sum = sum + ${k.element(x, `(${block} * ${length} + j) * ${inner} + ${column}`)};`);
  k.line('} }');
  k.line(`return ${stored(k, out.dtype, 'sum')};`);
  return { out, source: k };
}
