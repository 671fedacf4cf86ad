import type { Tensor } from 'antinode';

/** One unit of timed work. A tensor that it returns is read back before the clock stops on devices that queue work. */
export type Step = () => Tensor | undefined;

/** Something to time. Peers run workloads of the same name and the same shapes. */
export interface Workload {
  readonly name: string;
  /** Floating-point operations of a step (multiply and add count as two), where arithmetic is what limits it. */
  readonly flops?: number;
  /** Bytes a step must at least move to and from memory, where that is what limits it. */
  readonly bytes?: number;
  /** Prepares the data and returns the step. */
  make(): Step;
}
