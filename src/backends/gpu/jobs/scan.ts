import { numel } from '../../../tensor/shape.js';
import type { GpuOperand } from '../allocation.js';
import { stored } from '../source/formula.js';
import { isNumber } from '../source/functions.js';
import { divide, unravelIndex } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import { beginOutput } from '../source/output.js';
import { type Job, type Plan, temporary } from './job.js';
import { partCount } from './reduce.js';

const emptyPlan: Plan = { stages: [], temporaries: [] };

/** Runs `then` if `x` is better than `best`. NaN is better than every number, and nothing is better than NaN. */
export function whenBetter(k: KernelSource, kind: 'max' | 'min', x: string, best: string, then: () => void): void {
  const isNotBetter = `${x} ${kind === 'max' ? '<=' : '>='} ${best}`;
  // the second condition is not negated, since comparisons with NaN are false
  k.when(isNumber(best), () => k.when(isNotBetter, () => k.set(best, best), then));
}

/**
 * Index of the first largest or smallest element along an axis; the first NaN wins over any number. If there are few
 * results of many elements, each thread searches a part of them, and another kernel compares the results.
 */
export function argReducePlan(kind: 'max' | 'min', x: GpuOperand, out: GpuOperand, axis: number): Plan {
  if (out.size === 0) return emptyPlan;
  const [length, inner] = [x.shape[axis], numel(x.shape.slice(axis + 1))];
  const parts = partCount(out.size, length);
  const partLength = Math.ceil(length / parts);
  /** A kernel that returns the best element of each part, or its index. */
  const search = (to: GpuOperand, result: 'best' | 'winner'): Job => {
    const k = new KernelSource();
    const [part, block, column] = unravelIndex(k, [parts, out.size / inner, inner], beginOutput(k, to));
    // the last parts may be short or empty, so indices are limited to those of the axis
    k.const('first', `Math.min(${part} * ${partLength}, ${length - 1})`);
    k.const('start', `${block} * ${length * inner} + ${column}`);
    k.let('winner', 'first');
    k.let('best', k.element(x, `start + first * ${inner}`));
    const compare = (step: string) => {
      k.const('j', `Math.min(first + ${step}, ${length - 1})`);
      k.const('x', k.element(x, `start + j * ${inner}`));
      whenBetter(k, kind, 'x', 'best', () => {
        k.set('best', 'x');
        k.set('winner', 'j');
      });
    };
    k.loop('step', partLength, compare, 1);
    k.return(result);
    return { out: to, source: k };
  };
  if (parts === 1) return { stages: [[search(out, 'winner')]], temporaries: [] };
  const [bests, winners] = [temporary(parts * out.size), temporary(parts * out.size)];
  const k = new KernelSource();
  const i = beginOutput(k, out);
  k.let('part', '0');
  k.let('best', k.element(bests, i));
  const compare = (j: string) => {
    k.const('x', k.element(bests, `${j} * ${out.size} + ${i}`));
    whenBetter(k, kind, 'x', 'best', () => {
      k.set('best', 'x');
      k.set('part', j);
    });
  };
  k.loop('j', parts, compare, 1);
  k.return(k.element(winners, `part * ${out.size} + ${i}`));
  const stages = [[search(bests, 'best'), search(winners, 'winner')], [{ out, source: k }]];
  return { stages, temporaries: [bests, winners] };
}

/** Up to this length, each thread sums all elements before its own. */
const shortAxis = 64;

/**
 * Cumulative sum along an axis, from the end if `reverse`. Along a short axis, each thread sums the elements up to its
 * own. A long axis is divided into blocks: one kernel sums each block, and then each thread adds the sums of all
 * earlier blocks and the elements of its block up to its own.
 */
export function cumsumPlan(x: GpuOperand, out: GpuOperand, axis: number, reverse: boolean): Plan {
  if (out.size === 0) return emptyPlan;
  const [length, inner] = [x.shape[axis], numel(x.shape.slice(axis + 1))];
  const outer = out.size / length / inner;
  const block = length > shortAxis ? Math.ceil(Math.sqrt(length)) : length;
  const blocks = Math.ceil(length / block);
  /** Converts a place in the order of summation to an index along the axis, and the reverse. */
  const at = (place: string) => (reverse ? `(${length - 1} - (${place}))` : `(${place})`);
  /** Adds the elements of line `line` in one block, from place `from` on, for which the condition `holds` is true. */
  const addBlock = (k: KernelSource, line: string, from: string, holds: string) => {
    k.loop('j', block, (j) => {
      k.const('place', `${from} + ${j}`);
      const index = `${line} * ${inner * length} + ${at('place')} * ${inner} + column`;
      k.when(holds, () => k.add('sum', k.element(x, index)));
    });
  };
  const blockSums = temporary(outer * blocks * inner);
  const k = new KernelSource();
  const [line, i, column] = unravelIndex(k, [outer, length, inner], beginOutput(k, out));
  k.const('column', column);
  k.const('own', at(i));
  k.let('sum', '0');
  const [before] = divide(k, 'own', block);
  if (blocks > 1) {
    k.loop('j', blocks, (j) => {
      const index = `(${line} * ${blocks} + ${j}) * ${inner} + column`;
      k.when(`${j} < ${before}`, () => k.add('sum', k.element(blockSums, index)));
    });
  }
  addBlock(k, line, `${before} * ${block}`, 'place <= own');
  k.return(stored(k, out.dtype, 'sum'));
  const last = { out, source: k };
  if (blocks === 1) return { stages: [[last]], temporaries: [] };
  const b = new KernelSource();
  const [lineB, which, columnB] = unravelIndex(b, [outer, blocks, inner], beginOutput(b, blockSums));
  b.const('column', columnB);
  b.let('sum', '0');
  addBlock(b, lineB, `${which} * ${block}`, `place < ${length}`);
  b.return('sum');
  return { stages: [[{ out: blockSums, source: b }], [last]], temporaries: [blockSums] };
}
