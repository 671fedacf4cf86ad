import type { Engine } from '../engine.js';

/** Below about this many bytes of traffic, distributing a task costs more than doing it. */
const leastWork = 16384;

/**
 * The number of tasks to split a job into: several for each thread, so that a thread that starts late or is interrupted
 * does not delay the others, but no tasks that are too small.
 *
 * @param work the work of the job, in units of about one byte moved or a quarter of an operation
 * @param most the most parts that the job can be split into
 */
export function tasksFor(engine: Engine, work: number, most: number): number {
  if (engine.threads === 1) return Math.min(1, most);
  return Math.max(Math.min(1, most), Math.min(most, 4 * engine.threads, Math.ceil(work / leastWork)));
}
