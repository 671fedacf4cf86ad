import type { Dtype } from '../../dtype.js';
import type { Operand } from '../../tensor/backend.js';
import type { GpuValue } from './device/gpu-js.js';

/** A range of elements of an allocation. */
export interface Range {
  readonly start: number;
  readonly size: number;
}

/** The value of a range of an allocation; null if nothing has been written there yet, which means zeros. */
export interface View extends Range {
  readonly value: GpuValue | null;
}

/**
 * The memory of one storage. A kernel cannot write to the memory that it reads, so a write replaces the value. Writes
 * to a part are kept as separate patches until all elements are needed together.
 */
export interface Allocation {
  readonly dtype: Dtype;
  readonly size: number;
  value: GpuValue | null;
  /** Newer values of ranges that were written separately; they do not overlap. */
  readonly patches: View[];
  /** Why there is no value, if the job that should have written it failed. */
  error: Error | null;
}

/** A handle of this backend: an allocation and the element at which the tensor starts. */
export interface GpuHandle {
  readonly allocation: Allocation;
  readonly offset: number;
}

/** An operand of this backend. */
export type GpuOperand = Operand<GpuHandle>;

/** Returns an allocation to which nothing has been written. */
export function newAllocation(dtype: Dtype, size: number): Allocation {
  return { dtype, size, value: null, patches: [], error: null };
}

/** All elements of an allocation as a one-dimensional operand. */
export function wholeOperand(allocation: Allocation): GpuOperand {
  const { dtype, size } = allocation;
  return { shape: [size], dtype, size, handle: { allocation, offset: 0 } };
}

/** Returns the value from which a range can be read; null if its elements are in several values. */
export function viewOf({ value, size, patches }: Allocation, range: Range): View | null {
  const touching = patches.filter((patch) => overlaps(patch, range));
  if (touching.length === 0) return { value, start: 0, size };
  return touching.length === 1 && contains(touching[0], range) ? touching[0] : null;
}

/** Whether two ranges have elements in common. */
export function overlaps(a: Range, b: Range): boolean {
  return a.start < b.start + b.size && b.start < a.start + a.size;
}

function contains(a: Range, b: Range): boolean {
  return a.start <= b.start && b.start + b.size <= a.start + a.size;
}

/** Whether two ranges are equal. */
export function sameRange(a: Range, b: Range): boolean {
  return a.start === b.start && a.size === b.size;
}

/** The smallest range that contains two others. */
export function hull(a: Range, b: Range): Range {
  const start = Math.min(a.start, b.start);
  return { start, size: Math.max(a.start + a.size, b.start + b.size) - start };
}

/** The range from the first to the last element of a strided view; strides may be negative. */
export function extentOf(shape: readonly number[], strides: readonly number[], offset: number): Range {
  let [low, high] = [offset, offset];
  shape.forEach((length, axis) => {
    const reach = (length - 1) * strides[axis];
    low += Math.min(0, reach);
    high += Math.max(0, reach);
  });
  return { start: low, size: high - low + 1 };
}

/**
 * The range of an operand: its own elements if they have no gaps between them, otherwise whole rows, so that blocks of
 * columns of the same rows have equal ranges.
 */
export function rowsOf({
  shape,
  size,
  strides,
  handle: { allocation, offset },
}: Pick<GpuOperand, 'shape' | 'size' | 'strides' | 'handle'>): Range {
  if (!strides || size === 0) return { start: offset, size };
  const { start, size: length } = extentOf(shape, strides, offset);
  const row = Math.max(1, ...strides.filter((_, axis) => shape[axis] > 1));
  const first = Math.floor(start / row) * row;
  const end = Math.min(allocation.size, Math.ceil((start + length) / row) * row);
  return { start: first, size: end - first };
}
