import type { Operand } from '../backend.js';
import type { Dtype } from '../dtype.js';
import type { GpuValue } from './library.js';

/**
 * The memory of one tensor. A kernel cannot write what it reads, so writing means replacing the value. `error` stands
 * in for a value that a failed job should have made.
 */
export interface Cell {
  readonly dtype: Dtype;
  readonly size: number;
  value: GpuValue | null;
  error: Error | null;
}

/** A handle: a cell, from an element on. */
export interface GpuHandle {
  readonly cell: Cell;
  readonly offset: number;
}

/** An operand of this backend. */
export type GpuOperand = Operand<GpuHandle>;
