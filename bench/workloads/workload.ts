import type { Tensor } from 'antinode';

/** One unit of timed work. */
export type Step = () => Tensor | undefined;

/** A workload to time. Peers run workloads of the same names and shapes. */
export interface Workload {
  readonly name: string;
  /** Floating-point operations per step (multiply and add count as two), if arithmetic limits it. */
  readonly flops?: number;
  /** The least bytes that a step moves to and from memory, if bandwidth limits it. */
  readonly bytes?: number;
  /** The most rounds, for steps that take seconds; by default as many as the command line says. */
  readonly mostRounds?: number;
  /** Prepares the data and returns the step. */
  make(): Step;
}
