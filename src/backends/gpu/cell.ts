import type { Dtype } from '../../dtype.js';
import type { Operand } from '../../tensor/backend.js';
import type { GpuValue } from './device/library.js';

/** Elements of a cell from `start` on. */
export interface Range {
  readonly start: number;
  readonly size: number;
}

/** A value that stands for a range of a cell; none if nothing was written there yet. */
export interface View extends Range {
  readonly value: GpuValue | null;
}

/**
 * The memory of one tensor. A kernel cannot write what it reads, so writing means replacing the value. `error` stands in
 * for a value that a failed job should have made.
 */
export interface Cell {
  readonly dtype: Dtype;
  readonly size: number;
  value: GpuValue | null;
  /** Newer values of ranges that were written by themselves; no two overlap. */
  readonly patches: View[];
  error: Error | null;
}

/** A handle: a cell, from an element on. */
export interface GpuHandle {
  readonly cell: Cell;
  readonly offset: number;
}

/** An operand of this backend. */
export type GpuOperand = Operand<GpuHandle>;

/** A cell of its own. */
export function cellOf(dtype: Dtype, size: number, value: GpuValue | null = null): Cell {
  return { dtype, size, value, patches: [], error: null };
}

/** A cell with one tensor in it, as an operand. */
export function operandIn(cell: Cell): GpuOperand {
  return { shape: [cell.size], dtype: cell.dtype, size: cell.size, handle: { cell, offset: 0 } };
}

/** What a range of a cell can be read from; null if its elements are in several places. */
export function viewOf({ value, size, patches }: Cell, range: Range): View | null {
  const touching = patches.filter((patch) => overlap(patch, range));
  if (touching.length === 0) return { value, start: 0, size };
  return touching.length === 1 && contains(touching[0], range) ? touching[0] : null;
}

/** Whether two ranges have elements in common. */
export function overlap(a: Range, b: Range): boolean {
  return a.start < b.start + b.size && b.start < a.start + a.size;
}

function contains(a: Range, b: Range): boolean {
  return a.start <= b.start && b.start + b.size <= a.start + a.size;
}

/** Whether two ranges are the same. */
export function sameRange(a: Range, b: Range): boolean {
  return a.start === b.start && a.size === b.size;
}

/** The smallest range around two. */
export function around(a: Range, b: Range): Range {
  const start = Math.min(a.start, b.start);
  return { start, size: Math.max(a.start + a.size, b.start + b.size) - start };
}

/** The range of a cell in which the elements of a strided view lie; strides may be negative. */
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
 * The rows in which an operand lies: its own elements if there are no gaps between them, otherwise whole rows, so that
 * blocks side by side in the same rows have one range.
 */
export function rowsOf({
  shape,
  size,
  strides,
  handle: { cell, offset },
}: Pick<GpuOperand, 'shape' | 'size' | 'strides' | 'handle'>): Range {
  if (!strides || size === 0) return { start: offset, size };
  const { start, size: length } = extentOf(shape, strides, offset);
  const row = Math.max(1, ...strides.filter((_, axis) => shape[axis] > 1));
  const first = Math.floor(start / row) * row;
  const end = Math.min(cell.size, Math.ceil((start + length) / row) * row);
  return { start: first, size: end - first };
}
