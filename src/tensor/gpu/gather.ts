import { numel, stridesOf } from '../shape.js';
import type { GpuOperand } from './cell.js';
import { stored } from './formula.js';
import type { Job } from './job.js';
import { beginOutput, KernelSource, sumOf } from './source.js';

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

/** Rows of x along `axis` named by a one-dimensional index. */
export function indexSelectJob(x: GpuOperand, index: GpuOperand, out: GpuOperand, axis: number): Job {
  const k = new KernelSource();
  const indices = k.indices(out.shape, beginOutput(k, out));
  k.line(`const row = ${k.element(index, indices[axis])};`);
  returnRow(k, x, indices, axis);
  return { out, source: k };
}

/** Gives the element of x in row `row`; none of another row where there is no such row. */
function returnRow(k: KernelSource, x: GpuOperand, indices: readonly string[], axis: number): void {
  const none = x.dtype === 'float32' ? k.number(Number.NaN) : '0';
  k.line(`if (row < 0 || row >= ${x.shape[axis]}) { return ${none}; }`);
  k.line(`return ${k.element(x, sumOf(stridesOf(x.shape), indices.with(axis, 'row')))};`);
}

/** Adds rows of src to those of out named by index: a thread for each element of out looks for its own. */
export function indexAddJob(out: GpuOperand, index: GpuOperand, src: GpuOperand, axis: number): Job {
  const k = new KernelSource();
  const i = beginOutput(k, out);
  const indices = k.indices(out.shape, i);
  k.line(`let sum = ${k.element(out, i)};`);
  k.line(`for (let j = 0; j < ${numel(index.shape)}; j++) {`);
  k.line(`if (${k.element(index, 'j')} === ${indices[axis]}) {`);
  k.line(`sum = sum + ${k.element(src, sumOf(stridesOf(src.shape), indices.with(axis, 'j')))};`);
  k.line('} }');
  k.line(`return ${stored(k, out.dtype, 'sum')};`);
  return { out, source: k };
}
