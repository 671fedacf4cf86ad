import { numel, stridesOf } from '../../../tensor/shape.js';
import type { GpuOperand } from '../cell.js';
import { stored } from './formula.js';
import type { Job } from './job.js';
import { beginOutput, KernelSource, sumOf, widthOf } from './source.js';

/** out[..., i, ...] = x[..., index[..., i, ...], ...] along `axis`. */
export function gatherJob(x: GpuOperand, index: GpuOperand, out: GpuOperand, axis: number): Job {
  const k = new KernelSource();
  const i = beginOutput(k, out);
  const indices = k.indices(out.shape, i);
  k.line(`const row = ${k.element(index, i)};`);
  returnRow(k, x, indices, axis);
  return { out, source: k };
}

/** out[..., index[..., i, ...], ...] += src[..., i, ...]: a thread for each element of out looks for its own. */
export function scatterAddJob(out: GpuOperand, index: GpuOperand, src: GpuOperand, axis: number): Job {
  const k = new KernelSource();
  const i = beginOutput(k, out);
  const indices = k.indices(out.shape, i);
  k.line(`let sum = ${k.element(out, i)};`);
  // index may be shorter than out on the other axes
  const inside = out.shape.flatMap((length, a) =>
    a !== axis && index.shape[a] < length ? [`${indices[a]} < ${index.shape[a]}`] : [],
  );
  if (inside.length > 0) k.line(`if (${inside.join(' && ')}) {`);
  k.line(`for (let j = 0; j < ${index.shape[axis]}; j++) {`);
  k.line(`const at = ${sumOf(stridesOf(index.shape), indices.with(axis, 'j'))};`);
  k.line(`if (${k.element(index, 'at')} === ${indices[axis]}) { sum = sum + ${k.element(src, 'at')}; }`);
  k.line('}');
  if (inside.length > 0) k.line('}');
  k.line(`return ${stored(k, out.dtype, 'sum')};`);
  return { out, source: k };
}

/** Rows of x along `axis` named by a one-dimensional index; a thread has an element, or four in a row. */
export function indexSelectJob(x: GpuOperand, index: GpuOperand, out: GpuOperand, axis: number): Job {
  const k = new KernelSource(axis < out.shape.length - 1 ? widthOf(out) : 1);
  const indices = k.indices(out.shape, beginOutput(k, out));
  k.line(`const row = ${k.element(index, indices[axis])};`);
  returnRow(k, x, indices, axis);
  return { out, source: k };
}

/** Gives the elements of x in row `row`; none of another row where there is no such row. */
function returnRow(k: KernelSource, x: GpuOperand, indices: readonly string[], axis: number): void {
  const none = x.dtype === 'float32' ? k.number(Number.NaN) : '0';
  k.line(`if (row < 0 || row >= ${x.shape[axis]}) {`);
  k.give(Array(k.width).fill(none));
  k.line('}');
  k.give(k.row(x, sumOf(stridesOf(x.shape), indices.with(axis, 'row')), k.width, k.width === 4));
}

/**
 * Adds rows of src to those of out named by index: a thread for each element of out, or for four in a row, looks for its
 * own.
 */
export function indexAddJob(out: GpuOperand, index: GpuOperand, src: GpuOperand, axis: number): Job {
  const k = new KernelSource(axis < out.shape.length - 1 ? widthOf(out) : 1);
  const i = beginOutput(k, out);
  const indices = k.indices(out.shape, i);
  const sums = k.row(out, i, k.width, k.width === 4).map((start, lane) => {
    k.line(`let sum${lane} = ${start};`);
    return `sum${lane}`;
  });
  const count = numel(index.shape);
  const step = count % 4 === 0 ? 4 : 1;
  k.line(`for (let turn = 0; turn < ${count / step}; turn++) {`);
  k.line(`const j = turn * ${step};`);
  k.row(index, 'j', step, step === 4).forEach((named, lane) => {
    k.line(`if (${named} === ${indices[axis]}) {`);
    const from = sumOf(stridesOf(src.shape), indices.with(axis, `(j + ${lane})`));
    const added = k.row(src, from, k.width, k.width === 4);
    sums.forEach((sum, at) => {
      k.line(`${sum} = ${sum} + ${added[at]};`);
    });
    k.line('}');
  });
  k.line('}');
  k.give(sums.map((sum) => stored(k, out.dtype, sum)));
  return { out, source: k };
}
