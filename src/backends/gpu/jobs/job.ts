import { cellOf, type GpuOperand, operandIn } from '../cell.js';
import type { KernelSource } from './source.js';

/** A kernel that writes an operand. */
export interface Job {
  readonly out: GpuOperand;
  readonly source: KernelSource;
}

/** Jobs in stages: those of one stage read what the stages before it wrote. */
export interface Plan {
  readonly stages: readonly (readonly Job[])[];
  /** What stages leave for each other. */
  readonly temporaries: readonly GpuOperand[];
}

/** An operand that lives as long as its plan. */
export function temporary(size: number): GpuOperand {
  return operandIn(cellOf('float32', size));
}
