import type { Answer, Budget } from '../protocol.js';

/** See answer.mjs. */
export declare function answering(
  peer: string,
  workloads: Record<string, () => (() => unknown) | Promise<() => unknown>>,
  counters?: () => Promise<object | undefined>,
): (request: Budget & { workload: string }) => Promise<Answer>;
