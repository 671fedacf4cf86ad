import { cpus } from 'node:os';

/** The largest share of the processors' time that others may use before a measured time counts as disturbed. */
export const tolerable = 0.05;

/** Processor time used and available since the machine started, summed over all cores, in milliseconds. */
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
 * The share of the processors' time that other programs used, or frameworks that spin between their turns: neither
 * this process nor the one being timed. Frameworks that split work over all cores wait for their slowest thread, so
 * even a small share multiplies their times, by a different factor for each.
 */
export function shareOfOthers(before: Clock, after: Clock, own: number): number {
  const total = after.total - before.total;
  return total <= 0 ? 0 : Math.min(1, Math.max(0, (after.busy - before.busy - own) / total));
}

/** Runs `body`, which reports the processor time of its process, and adds the share that others used meanwhile. */
export async function watched<T extends { cpu?: number }>(
  body: () => Promise<T>,
): Promise<{ result: T; others: number }> {
  const before = read();
  const start = process.cpuUsage();
  const result = await body();
  const { user, system } = process.cpuUsage(start);
  return { result, others: shareOfOthers(before, read(), (result.cpu ?? 0) + (user + system) / 1000) };
}
