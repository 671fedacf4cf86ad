import type { StridedCopy } from '../../../tensor/backend.js';
import { numel, stridesOf } from '../../../tensor/shape.js';
import { extentOf, type GpuOperand, rowsOf } from '../cell.js';
import type { Job } from './job.js';
import { insideOf, KernelSource, sumOf } from './source.js';

/**
 * Strided copy: a thread for each element of the rows that are written, or for four where `vectors` pay, finds its place
 * in the walk or keeps its value.
 */
export function copyJob(x: GpuOperand, out: GpuOperand, walk: StridedCopy, vectors: boolean): Job | null {
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
  const offset = out.handle.offset + toOffset;
  const extent = extentOf(shape, toStrides, offset);
  // no element is written twice, so as many as there is room for fill it
  const covers = extent.size === size;
  const handle = { cell: x.handle.cell, offset: x.handle.offset + fromOffset };
  const from = { shape, dtype: x.dtype, size, handle };
  const rows = extentOf(shape, fromStrides, handle.offset);
  const width = covers && size % 4 === 0 ? 4 : 1;
  if (width === 4 && isDense(shape, toStrides) && isDense(shape, fromStrides)) {
    const k = new KernelSource(width);
    k.range = extent;
    k.give(k.row(from, 'this.thread.x * 4', 4, true));
    return { out, source: k };
  }
  const k = new KernelSource(vectors ? width : 1);
  k.range = covers ? extent : rowsOf({ shape, size, strides: toStrides, handle: { cell: out.handle.cell, offset } });
  const begin = k.number(offset - k.range.start, true);
  const old = covers ? undefined : k.kept();
  const elements = Array.from({ length: k.width }, (_, lane) => {
    const e = k.name('e');
    k.line(`const ${e} = this.thread.x * ${k.width} + ${lane} - ${begin};`);
    const place = insideOf(k, e, shape, toStrides, old);
    return k.element(from, sumOf(fromStrides, k.indices(shape, place)), rows);
  });
  k.give(elements);
  return { out, source: k };
}

/** Whether strides are those of a tensor without gaps, in row-major order. */
function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  const dense = stridesOf(shape);
  return shape.every((length, axis) => length === 1 || strides[axis] === dense[axis]);
}
