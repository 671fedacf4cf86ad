import { setTimeout } from 'node:timers/promises';
import { compete } from '../compete.js';
import { residentOf } from '../memory.js';
import type { Runner } from '../protocol.js';
import type { Row, Times } from '../report.js';

/** Functions that start frameworks, by column: antinode, and perhaps others. */
export type Starters = Readonly<Record<string, () => Runner>>;

/** The times of frameworks on one workload, and the memory that each took, in bytes. */
export interface MeasuredRow extends Row {
  /** By column: the peak of the resident memory, less what was resident when it was idle. */
  memory: Readonly<Record<string, number>>;
}

/** Times one workload in fresh processes that run alternately, and measures the memory of each. */
export async function measure(workload: string, starters: Starters, rounds: number): Promise<MeasuredRow> {
  const runners = new Map(Object.entries(starters).map(([name, start]) => [name, start()]));
  try {
    for (const runner of runners.values()) await runner.hello;
    // until the threads that a framework starts by itself run
    await setTimeout(500);
    const idle = new Map([...runners].map(([name, { pid }]) => [name, residentOf(pid)?.now]));
    const { antinode, ...peers } = Object.fromEntries(await compete(workload, runners, rounds));
    const memory: Record<string, number> = {};
    for (const [name, { pid }] of runners) {
      const [before, after] = [idle.get(name), residentOf(pid)];
      if (before !== undefined && after !== undefined) memory[name] = after.peak - before;
    }
    return { workload, antinode, peers, memory };
  } finally {
    await Promise.all([...runners.values()].map((runner) => runner.stop()));
  }
}

/** The times of a column of a row, or why there are none. */
export function timesOf({ antinode, peers }: Row, name: string): Times | { unsupported: string } {
  return name === 'antinode' ? antinode : (peers[name] ?? { unsupported: 'not measured' });
}
