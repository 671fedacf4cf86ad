import { numel, stridesOf } from '../../../tensor/shape.js';
import type { GpuOperand } from '../allocation.js';
import { stored } from '../source/formula.js';
import { linearIndex, unravelIndex } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import { beginOutput, vectorWidth } from '../source/output.js';
import type { Job } from './job.js';

/** out[..., i, ...] = x[..., index[..., i, ...], ...] along `axis`. */
export function gatherJob(x: GpuOperand, index: GpuOperand, out: GpuOperand, axis: number): Job {
  const k = new KernelSource();
  const i = beginOutput(k, out);
  const indices = unravelIndex(k, out.shape, i);
  returnRow(k, x, indices.with(axis, k.const('row', k.element(index, i))), axis);
  return { out, source: k };
}

/**
 * out[..., index[..., i, ...], ...] += src[..., i, ...]: the thread of each element of out searches the index for its
 * position.
 */
export function scatterAddJob(out: GpuOperand, index: GpuOperand, src: GpuOperand, axis: number): Job {
  const k = new KernelSource();
  const i = beginOutput(k, out);
  const indices = unravelIndex(k, out.shape, i);
  k.let('sum', k.element(out, i));
  // along the other axes, the index may be shorter than out
  const inside = out.shape.flatMap((length, a) =>
    a !== axis && index.shape[a] < length ? [`${indices[a]} < ${index.shape[a]}`] : [],
  );
  k.when(inside.join(' && ') || null, () => {
    k.loop('j', index.shape[axis], (j) => {
      const at = k.const('at', linearIndex(stridesOf(index.shape), indices.with(axis, j)));
      k.when(`${k.element(index, at)} === ${indices[axis]}`, () => k.add('sum', k.element(src, at)));
    });
  });
  k.return(stored(k, out.dtype, 'sum'));
  return { out, source: k };
}

/** Rows of x along `axis` that a one-dimensional index names; a thread computes one element or four adjacent ones. */
export function indexSelectJob(x: GpuOperand, index: GpuOperand, out: GpuOperand, axis: number): Job {
  const k = new KernelSource(axis < out.shape.length - 1 ? vectorWidth(out) : 1);
  const indices = unravelIndex(k, out.shape, beginOutput(k, out));
  returnRow(k, x, indices.with(axis, k.const('row', k.element(index, indices[axis]))), axis);
  return { out, source: k };
}

/**
 * Ends the kernel with the elements of x at `indices`, or NaN (0 for integers) if the index along `axis` is out of
 * range.
 */
function returnRow(k: KernelSource, x: GpuOperand, indices: readonly string[], axis: number): void {
  const outside = x.dtype === 'float32' ? k.scalar(Number.NaN) : '0';
  const row = indices[axis];
  k.when(`${row} < 0 || ${row} >= ${x.shape[axis]}`, () => k.return(Array(k.width).fill(outside)));
  k.return(k.load(x, linearIndex(stridesOf(x.shape), indices), k.width, k.width === 4));
}

/**
 * Adds rows of src to the rows of out that a one-dimensional index names: the thread of each element of out, or of four
 * adjacent ones, searches the index for its row.
 */
export function indexAddJob(out: GpuOperand, index: GpuOperand, src: GpuOperand, axis: number): Job {
  const k = new KernelSource(axis < out.shape.length - 1 ? vectorWidth(out) : 1);
  const i = beginOutput(k, out);
  const indices = unravelIndex(k, out.shape, i);
  const starts = k.load(out, i, k.width, k.width === 4);
  const sums = starts.map((start, lane) => k.let(`sum${lane}`, start));
  const count = numel(index.shape);
  const step = count % 4 === 0 ? 4 : 1;
  k.loop('turn', count / step, (turn) => {
    const j = k.const('j', `${turn} * ${step}`);
    k.load(index, j, step, step === 4).forEach((row, lane) => {
      k.when(`${row} === ${indices[axis]}`, () => {
        const from = linearIndex(stridesOf(src.shape), indices.with(axis, `(${j} + ${lane})`));
        const added = k.load(src, from, k.width, k.width === 4);
        sums.forEach((sum, at) => {
          k.add(sum, added[at]);
        });
      });
    });
  });
  k.return(sums.map((sum) => stored(k, out.dtype, sum)));
  return { out, source: k };
}
