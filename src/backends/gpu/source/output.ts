import { type GpuOperand, rowsOf } from '../allocation.js';
import { indexInView } from './indices.js';
import type { KernelSource } from './kernel-source.js';

/**
 * How many adjacent elements a thread can compute: 4 if 4 divides the length of the rows and there are no gaps between
 * rows, else 1.
 */
export function vectorWidth(out: GpuOperand): 1 | 4 {
  return !out.strides && (out.shape.at(-1) ?? 1) % 4 === 0 ? 4 : 1;
}

/**
 * Begins a kernel that writes `out`; elements of the allocation between its rows keep their value. Returns the name of
 * the row-major index in `out` of the first element of the thread.
 */
export function beginOutput(k: KernelSource, out: GpuOperand): string {
  k.range = rowsOf(out);
  if (out.strides) {
    const e = k.const('e', `this.thread.x - ${k.scalar(out.handle.offset - k.range.start, true)}`);
    return indexInView(k, e, out.shape, out.strides, k.previous());
  }
  return k.const('i', `this.thread.x${k.width > 1 ? ` * ${k.width}` : ''}`);
}
