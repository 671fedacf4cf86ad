import { numel } from '../../../tensor/shape.js';
import type { GpuOperand } from '../cell.js';
import { stored } from './formula.js';
import { isNumber } from './functions.js';
import { type Job, type Plan, temporary } from './job.js';
import { partsOf } from './reduce.js';
import { beginOutput, KernelSource } from './source.js';

const nothing: Plan = { stages: [], temporaries: [] };

/** What to do if `x` beats `best`: the first NaN beats all numbers, and nothing beats it. */
export function ifBeaten(kind: 'max' | 'min', best: string, x: string, then: string): string {
  const holds = `${x} ${kind === 'max' ? '<=' : '>='} ${best}`;
  return `if (${isNumber(best)}) { if (${holds}) { ${best} = ${best}; } else { ${then} } }`;
}

/**
 * Index of the first largest or smallest element along an axis; the first NaN wins over any number. Where there are few
 * results of many elements, each thread looks at a part of them, and another kernel at what they found.
 */
export function argReducePlan(kind: 'max' | 'min', x: GpuOperand, out: GpuOperand, axis: number): Plan {
  if (out.size === 0) return nothing;
  const [length, inner] = [x.shape[axis], numel(x.shape.slice(axis + 1))];
  const parts = partsOf(out.size, length);
  const each = Math.ceil(length / parts);
  /** A kernel that gives what one thread finds in one part: the best element, or where it is. */
  const find = (to: GpuOperand, result: 'best' | 'winner'): Job => {
    const k = new KernelSource();
    const [part, block, column] = k.indices([parts, out.size / inner, inner], beginOutput(k, to));
    // the last parts may be short or empty: they end with the axis, and begin before it ends
    k.line(`const first = Math.min(${part} * ${each}, ${length - 1});`);
    k.line(`const start = ${block} * ${length * inner} + ${column};`);
    k.line('let winner = first;');
    k.line(`let best = ${k.element(x, `start + first * ${inner}`)};`);
    k.line(`for (let step = 1; step < ${each}; step++) {`);
    k.line(`const j = Math.min(first + step, ${length - 1});`);
    k.line(`const x = ${k.element(x, `start + j * ${inner}`)};`);
    k.line(ifBeaten(kind, 'best', 'x', 'best = x; winner = j;'));
    k.line('}');
    k.line(`return ${result};`);
    return { out: to, source: k };
  };
  if (parts === 1) return { stages: [[find(out, 'winner')]], temporaries: [] };
  const [bests, winners] = [temporary(parts * out.size), temporary(parts * out.size)];
  const k = new KernelSource();
  const i = beginOutput(k, out);
  k.line('let part = 0;');
  k.line(`let best = ${k.element(bests, i)};`);
  k.line(`for (let j = 1; j < ${parts}; j++) {`);
  k.line(`const x = ${k.element(bests, `j * ${out.size} + ${i}`)};`);
  k.line(ifBeaten(kind, 'best', 'x', 'best = x; part = j;'));
  k.line('}');
  k.line(`return ${k.element(winners, `part * ${out.size} + ${i}`)};`);
  const stages = [[find(bests, 'best'), find(winners, 'winner')], [{ out, source: k }]];
  return { stages, temporaries: [bests, winners] };
}

/** Axes up to this length are summed whole by each thread, longer ones in blocks. */
const shortAxis = 64;

/**
 * Running sum along an axis, from the end if `reverse`. Each thread sums from there to its own place: longer axes in
 * blocks, first the sums of the blocks before its own, then what comes before its place in its own.
 */
export function cumsumPlan(x: GpuOperand, out: GpuOperand, axis: number, reverse: boolean): Plan {
  if (out.size === 0) return nothing;
  const [length, inner] = [x.shape[axis], numel(x.shape.slice(axis + 1))];
  const outer = out.size / length / inner;
  const block = length > shortAxis ? Math.ceil(Math.sqrt(length)) : length;
  const blocks = Math.ceil(length / block);
  const at = (place: string) => (reverse ? `(${length - 1} - (${place}))` : `(${place})`);
  /** Adds the elements from place `from` on, as long as `holds`. */
  const add = (k: KernelSource, lines: string, from: string, holds: string) => {
    k.line(`for (let j = 0; j < ${block}; j++) {`);
    k.line(`const place = ${from} + j;`);
    k.line(
      `if (${holds}) { sum = sum + ${k.element(x, `${lines} * ${inner * length} + ${at('place')} * ${inner} + column`)}; }`,
    );
    k.line('}');
  };
  const sums = temporary(outer * blocks * inner);
  const k = new KernelSource();
  const [o, i, column] = k.indices([outer, length, inner], beginOutput(k, out));
  k.line(`const column = ${column};`);
  k.line(`const own = ${at(i)};`);
  k.line('let sum = 0;');
  const [before] = k.divide('own', block);
  if (blocks > 1) {
    k.line(`for (let j = 0; j < ${blocks}; j++) {`);
    k.line(`if (j < ${before}) { sum = sum + ${k.element(sums, `(${o} * ${blocks} + j) * ${inner} + column`)}; }`);
    k.line('}');
  }
  add(k, o, `${before} * ${block}`, 'place <= own');
  k.line(`return ${stored(k, out.dtype, 'sum')};`);
  const last = { out, source: k };
  if (blocks === 1) return { stages: [[last]], temporaries: [] };
  const b = new KernelSource();
  const [line, which, place] = b.indices([outer, blocks, inner], beginOutput(b, sums));
  b.line(`const column = ${place};`);
  b.line('let sum = 0;');
  add(b, line, `${which} * ${block}`, `place < ${length}`);
  b.line('return sum;');
  return { stages: [[{ out: sums, source: b }], [last]], temporaries: [sums] };
}
