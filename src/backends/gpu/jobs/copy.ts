import type { StridedCopy } from '../../../tensor/backend.js';
import { numel, stridesOf } from '../../../tensor/shape.js';
import { extentOf, type GpuOperand, rowsOf } from '../allocation.js';
import { indexInView, linearIndex, unravelIndex } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import type { Job } from './job.js';

/**
 * Strided copy. There is a thread for each element of the rows that are written, or for four of them if the device
 * loads `vectors`. It computes the index of its element in the walk, or keeps the value if the walk does not write it.
 */
export function copyJob(x: GpuOperand, out: GpuOperand, walk: StridedCopy, vectors: boolean): Job | null {
  const { shape } = walk;
  const size = numel(shape);
  if (size === 0) return null;
  // axes that are written backwards are reversed on both sides
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
  // no element is written twice, so as many elements as the extent has fill it
  const covers = extent.size === size;
  const handle = { allocation: x.handle.allocation, offset: x.handle.offset + fromOffset };
  const from = { shape, dtype: x.dtype, size, handle };
  const rows = extentOf(shape, fromStrides, handle.offset);
  const width = covers && size % 4 === 0 ? 4 : 1;
  if (width === 4 && isDense(shape, toStrides) && isDense(shape, fromStrides)) {
    const k = new KernelSource(width);
    k.range = extent;
    k.return(k.load(from, 'this.thread.x * 4', 4, true));
    return { out, source: k };
  }
  const k = new KernelSource(vectors ? width : 1);
  const { allocation } = out.handle;
  k.range = covers ? extent : rowsOf({ shape, size, strides: toStrides, handle: { allocation, offset } });
  const begin = k.scalar(offset - k.range.start, true);
  const outside = covers ? undefined : k.previous();
  const elements = Array.from({ length: k.width }, (_, lane) => {
    const e = k.define('e', `this.thread.x * ${k.width} + ${lane} - ${begin}`);
    const place = indexInView(k, e, shape, toStrides, outside);
    return k.element(from, linearIndex(fromStrides, unravelIndex(k, shape, place)), rows);
  });
  k.return(elements);
  return { out, source: k };
}

/** Whether strides are those of a row-major tensor without gaps. */
function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  const dense = stridesOf(shape);
  return shape.every((length, axis) => length === 1 || strides[axis] === dense[axis]);
}
