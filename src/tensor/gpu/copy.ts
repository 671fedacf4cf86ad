import type { StridedCopy } from '../backend.js';
import { numel } from '../shape.js';
import { extentOf, type GpuOperand, rowsOf } from './cell.js';
import type { Job } from './job.js';
import { insideOf, KernelSource, sumOf } from './source.js';

/** Strided copy: a thread for each element of the rows that are written, which finds its place in the walk or keeps its value. */
export function copyJob(x: GpuOperand, out: GpuOperand, walk: StridedCopy): Job | null {
  const { shape } = walk;
  const size = numel(shape);
  if (size === 0) return null;
  // axes that are written backwards are walked forwards
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
  const k = new KernelSource();
  const offset = out.handle.offset + toOffset;
  const extent = extentOf(shape, toStrides, offset);
  // no element is written twice, so as many as there is room for fill it
  const covers = extent.size === size;
  k.range = covers ? extent : rowsOf({ shape, size, strides: toStrides, handle: { cell: out.handle.cell, offset } });
  k.line(`const e = this.thread.x - ${k.number(offset - k.range.start, true)};`);
  insideOf(k, 'e', shape, toStrides, covers ? undefined : k.kept());
  const indices = k.indices(shape, 'i');
  const handle = { cell: x.handle.cell, offset: x.handle.offset + fromOffset };
  const from = { shape, dtype: x.dtype, size, handle };
  k.line(`return ${k.element(from, sumOf(fromStrides, indices), extentOf(shape, fromStrides, handle.offset))};`);
  return { out, source: k };
}
