import { type GpuOperand, newAllocation, wholeOperand } from '../allocation.js';
import type { KernelSource } from '../source/kernel-source.js';

/** A kernel that writes an operand. */
export interface Job {
  readonly out: GpuOperand;
  readonly source: KernelSource;
}

/** Jobs in stages: the jobs of a stage read the results of earlier stages. */
export interface Plan {
  readonly stages: readonly (readonly Job[])[];
  /** Intermediate results, which are released after the last stage. */
  readonly temporaries: readonly GpuOperand[];
}

/** Returns an operand with a new allocation, for intermediate results. */
export function temporary(size: number): GpuOperand {
  return wholeOperand(newAllocation('float32', size));
}
