import type { GpuOperand } from './cell.js';
import type { KernelSource } from './source.js';

/** A kernel that writes an operand. */
export interface Job {
  readonly out: GpuOperand;
  readonly source: KernelSource;
}
