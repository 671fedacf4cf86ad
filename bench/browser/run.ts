import { cpus } from 'node:os';
import { compete } from '../compete.js';
import type { Options } from '../options.js';
import type { Hello } from '../protocol.js';
import { footnotes, heading, line, type Row, ratioOf } from '../report.js';
import type { Workload } from '../workloads/workload.js';
import { Chromium, missing } from './chromium.js';

/** The rows of the tables in pages, with the number of threads and the ratios of each. */
export interface ChromiumReport {
  readonly browser: string;
  readonly results: (Row & { threads: number; ratios: Record<string, number | undefined> })[];
}

/**
 * Times workloads in Chromium, first on one thread and then on `threads`, and prints a table for each. Every workload
 * gets a new page, in which antinode and jax-js run alternately.
 *
 * @param version the version of antinode
 * @throws Error if there is no Chromium
 */
export async function benchInChromium(
  { peers, threads, rounds }: Pick<Options, 'peers' | 'threads' | 'rounds'>,
  workloads: readonly Workload[],
  version: string,
): Promise<ChromiumReport> {
  const problem = peers ? missing('jax-js') : undefined;
  const others = peers && problem === undefined ? ['jax-js'] : [];
  const chromium = await Chromium.start(['antinode', ...others]);
  const browser = `Chromium ${chromium.version}`;
  const results: ChromiumReport['results'] = [];
  try {
    for (const count of new Set([1, threads])) {
      const rows: Row[] = [];
      const notes = problem === undefined ? [] : [`- jax-js: left out, ${problem}`];
      for (const { name, mostRounds = rounds } of workloads) {
        const row = await chromium.withPage(count, async (frameworks) => {
          if (rows.length === 0) {
            for (const { hello } of frameworks.values()) {
              console.log(describe(hello, `${version} on cpu in ${browser}, ${cpus()[0]?.model}`));
              if (hello.note !== undefined) notes.push(`- ${hello.peer}: ${hello.note}`);
            }
            console.log(heading(others));
          }
          const { antinode, ...rest } = Object.fromEntries(
            await compete(name, frameworks, Math.min(rounds, mostRounds)),
          );
          return { workload: name, antinode, peers: rest };
        });
        rows.push(row);
        console.log(line(row, others));
      }
      for (const note of [...notes, ...footnotes(rows), '']) console.log(note);
      const ratios = (row: Row) => Object.fromEntries(others.map((name) => [name, ratioOf(row, name)]));
      results.push(...rows.map((row) => ({ ...row, threads: count, ratios: ratios(row) })));
    }
  } finally {
    await chromium.close();
  }
  return { browser, results };
}

/** Names a framework, its version and its threads; antinode does not report its version. */
function describe({ peer, version, threads }: Hello, own: string): string {
  return `${peer} ${version ?? own}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
