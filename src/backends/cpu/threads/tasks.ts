import type { Engine } from '../engine.js';

/** Below this many bytes of traffic or so a task costs more to hand over than to do. */
const leastWork = 16384;

/**
 * Into how many tasks a job is split: several for each thread, so that a thread that starts late or is
 * interrupted does not hold up the others, but no task that is too small.
 *
 * @param work what the job does, in units of about a byte moved or a quarter of an operation
 * @param most how many parts the job can be split into
 */
export function tasksFor(engine: Engine, work: number, most: number): number {
  if (engine.threads === 1) return Math.min(1, most);
  return Math.max(Math.min(1, most), Math.min(most, 4 * engine.threads, Math.ceil(work / leastWork)));
}
