import { cpus } from 'node:os';

/** Above this share of the processors' time used by others, a time says more about them than about the workload. */
export const tolerable = 0.05;

/** Processor time used since the machine started, and all there was, by every core together, in milliseconds. */
interface Clock {
  busy: number;
  total: number;
}

function read(): Clock {
  const clock = { busy: 0, total: 0 };
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    clock.busy += busy;
    clock.total += busy + times.idle;
  }
  return clock;
}

/**
 * The share of the processors' time that went neither to this process nor to the one that answers: to other programs,
 * or to a framework that keeps spinning when it is not its turn. Frameworks that split work over all cores wait for
 * their slowest thread, so a little of it multiplies their times, and not by the same factor for each.
 */
export function shareOfOthers(before: Clock, after: Clock, own: number): number {
  const total = after.total - before.total;
  return total <= 0 ? 0 : Math.min(1, Math.max(0, (after.busy - before.busy - own) / total));
}

/** Runs `body`, which says how much processor time its process used, and adds what others used meanwhile. */
export async function watched<T extends { cpu?: number }>(
  body: () => Promise<T>,
): Promise<{ result: T; others: number }> {
  const before = read();
  const start = process.cpuUsage();
  const result = await body();
  const { user, system } = process.cpuUsage(start);
  return { result, others: shareOfOthers(before, read(), (result.cpu ?? 0) + (user + system) / 1000) };
}
