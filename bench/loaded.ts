import { availableParallelism, cpus } from 'node:os';
import { besideBusy } from './busy.js';
import type { Competitor } from './compete.js';
import type { Options } from './options.js';
import { startAntinode, startPeers } from './peers.js';
import type { Budget } from './protocol.js';
import type { Workload } from './workloads/workload.js';

/** Mean times of a step beside a number of busy processes, in milliseconds, one for each round. */
export interface LoadedTimes {
  busy: number;
  rounds: number[];
}

/** The times of one framework on one workload, without busy processes first, or why there are none. */
export interface LoadedRow {
  workload: string;
  framework: string;
  times: LoadedTimes[] | { unsupported: string };
}

/** Long against the slices of time in which a system gives cores to processes. */
const budget: Budget = { warmup: 400, measure: 1500, most: 100_000 };

/** The workloads that run unless others are asked for. */
export const usualWorkloads = [
  ...['resnet18-w16-b128-train', 'mnist-cnn-b64-train', 'mlp-b128-train', 'lstm-2x200-ptb-train'],
];

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Runs a workload in all frameworks alternately, in every round without busy processes and beside each number of them
 * in `loads`.
 */
export async function competeUnderLoad(
  workload: string,
  frameworks: ReadonlyMap<string, Competitor>,
  loads: readonly number[],
  rounds: number,
): Promise<LoadedRow[]> {
  const counts = [0, ...loads.filter((busy) => busy > 0)];
  const means = new Map([...frameworks.keys()].map((name) => [name, counts.map((): number[] => [])]));
  const refusals = new Map<string, string>();
  for (let round = 0; round < rounds; round++) {
    for (const [i, busy] of counts.entries()) {
      await besideBusy(busy, async () => {
        for (const [name, framework] of frameworks) {
          if (refusals.has(name)) continue;
          // the first request also warms up; it comes before there are busy processes
          const { ms, unsupported = 'returned no times' } = await framework.run(workload, budget);
          if (ms === undefined) refusals.set(name, unsupported);
          else means.get(name)?.[i].push(mean(ms));
        }
      });
    }
  }
  return [...means].map(([framework, each]) => {
    const unsupported = refusals.get(framework);
    const times = each.map((values, i) => ({ busy: counts[i], rounds: values }));
    return { workload, framework, times: unsupported === undefined ? times : { unsupported } };
  });
}

/**
 * How many times as long a step took beside busy processes as without them: of the means of all rounds, of the fastest
 * round and of the slowest.
 */
export function slowdown(alone: LoadedTimes, loaded: LoadedTimes) {
  const unit = mean(alone.rounds);
  const [least, most] = [Math.min(...loaded.rounds) / unit, Math.max(...loaded.rounds) / unit];
  return { mean: mean(loaded.rounds) / unit, least, most };
}

const cells = (workload: string, framework: string, texts: string[]) =>
  workload.padEnd(24) + framework.padEnd(10) + texts.map((text, i) => text.padStart(i === 0 ? 10 : 18)).join('');

/** The heading of the table. */
export function loadedHeading(loads: readonly number[]): string {
  const columns = loads.filter((busy) => busy > 0).map((busy) => `${busy} busy`);
  const meaning =
    'Mean milliseconds a step without load, then how many times as long it takes beside busy processes:\n' +
    'mean of the rounds (fastest - slowest)';
  return `\n${meaning}\n${cells('workload', 'framework', ['alone', ...columns])}`;
}

/** The row of a framework, or no line if it does not have the workload. */
export function loadedLines({ workload, framework, times }: LoadedRow): string[] {
  if ('unsupported' in times) return [];
  const [alone, ...rest] = times;
  const factors = rest.map((loaded) => slowdown(alone, loaded));
  const texts = factors.map((f) => `${f.mean.toFixed(2)} (${f.least.toFixed(1)} - ${f.most.toFixed(1)})`);
  return [cells(workload, framework, [mean(alone.rounds).toPrecision(4), ...texts])];
}

/** The slowdowns if every thread of the program and every busy process got an equal share of the cores. */
export function equalShares(threads: number, cores: number, loads: readonly number[]): string {
  const speed = (busy: number) => threads * Math.min(1, cores / (threads + busy));
  const factors = loads.filter((busy) => busy > 0).map((busy) => (speed(0) / speed(busy)).toFixed(2));
  return cells('equal shares of cores', '', ['', ...factors.map((text) => text.padEnd(12))]);
}

/**
 * Prints a table of how many times as long the steps of workloads take beside busy processes, in antinode and, with
 * peers, in PyTorch, and returns the times.
 *
 * @param version the version of antinode
 * @throws Error if antinode does not start
 */
export async function benchUnderLoad(
  { peers, threads, rounds, device, load }: Options & Required<Pick<Options, 'load'>>,
  workloads: readonly Workload[],
  version: string,
) {
  const { runners, versions, notes } = await startPeers(threads, peers ? ['pytorch'] : []);
  console.log(`antinode ${version} on ${device}, ${threads} threads, Node ${process.version}, ${cpus()[0]?.model}`);
  for (const [name, text] of Object.entries(versions)) console.log(`${name} ${text}`);
  console.log(loadedHeading(load));
  const rows: LoadedRow[] = [];
  try {
    for (const { name } of workloads) {
      const antinode = startAntinode(threads, device);
      const { missing } = await antinode.hello;
      if (missing !== undefined) throw new Error(`antinode did not start: ${missing}`);
      const each = await competeUnderLoad(name, new Map([['antinode', antinode], ...runners]), load, rounds);
      await antinode.stop();
      rows.push(...each);
      for (const text of each.flatMap(loadedLines)) console.log(text);
    }
  } finally {
    for (const runner of runners.values()) await runner.stop();
  }
  console.log(equalShares(threads, availableParallelism(), load));
  for (const note of notes) console.log(note);
  return { threads, peers: versions, results: rows };
}
