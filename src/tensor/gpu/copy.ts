import type { StridedCopy } from '../backend.js';
import { numel } from '../shape.js';
import type { GpuOperand } from './cell.js';
import type { Job } from './job.js';
import { insideOf, KernelSource, sumOf } from './source.js';

/** Strided copy: a thread for each element of out's memory, which finds its place in the walk or keeps its value. */
export function copyJob(x: GpuOperand, out: GpuOperand, walk: StridedCopy): Job | null {
  if (numel(walk.shape) === 0) return null;
  const k = new KernelSource();
  k.line('const g = this.thread.x;');
  // axes that are written backwards are walked forwards
  const { shape } = walk;
  const toStrides = [...walk.toStrides];
  const fromStrides = [...walk.fromStrides];
  let { toOffset, fromOffset } = walk;
  shape.forEach((length, axis) => {
    if (toStrides[axis] >= 0) return;
    toOffset += (length - 1) * toStrides[axis];
    fromOffset += (length - 1) * fromStrides[axis];
    toStrides[axis] = -toStrides[axis];
    fromStrides[axis] = -fromStrides[axis];
  });
  k.line(`const e = g - ${k.number(out.handle.offset + toOffset, true)};`);
  // no element is written twice
  const covers = numel(shape) === out.handle.cell.size;
  insideOf(k, 'e', shape, toStrides, covers ? undefined : k.kept());
  const indices = k.indices(shape, 'i');
  k.line(`return ${k.element(x, `${sumOf(fromStrides, indices)} + ${k.number(fromOffset, true)}`)};`);
  return { out, source: k };
}
