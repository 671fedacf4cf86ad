import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from '../options.js';
import { footnotes } from '../report.js';
import { sizeFigure, threadFigure } from './figures.js';
import { type Framework, findFrameworks } from './frameworks.js';
import { type MeasuredRow, measure, type Starters } from './measure.js';
import { type PartName, partsOf, sizeParts, workloadsOf } from './parts.js';
import { sizeHeading, sizeLine } from './size-table.js';
import { efficiencyNotes, onOne, threadHeading, threadLine } from './threads.js';

/** What a run measured. */
export interface GrowthReport {
  readonly threads: number;
  /** The version of each peer. */
  readonly peers: Readonly<Record<string, string | undefined>>;
  readonly results: Readonly<Partial<Record<PartName, readonly MeasuredRow[]>>>;
}

/** How frameworks start for a part, and what is printed and drawn of it. */
interface Plan {
  readonly starters: Starters;
  heading(): string[];
  line(row: MeasuredRow): string;
  notes(rows: readonly MeasuredRow[]): string[];
  figure(rows: readonly MeasuredRow[]): string;
}

function planOf(part: PartName, frameworks: readonly Framework[], threads: number): Plan {
  const names = frameworks.map(({ name }) => name);
  const onAll = frameworks.map(({ name, start }) => [name, () => start(threads)] as const);
  if (part === 'threads') {
    const alone = frameworks.map(({ name, start }) => [onOne(name), () => start(1)] as const);
    return {
      starters: Object.fromEntries([...onAll, ...alone]),
      heading: () => threadHeading(threads, names),
      line: (row) => threadLine(row, threads, names),
      notes: (rows) => efficiencyNotes(rows, threads),
      figure: (rows) => threadFigure(rows, threads, frameworks),
    };
  }
  const sizePart = sizeParts[part];
  return {
    starters: Object.fromEntries(onAll),
    heading: () => sizeHeading(sizePart, threads, names),
    line: (row) => sizeLine(sizePart, row, names),
    notes: () => [],
    figure: (rows) => sizeFigure(sizePart, rows, threads, frameworks),
  };
}

/**
 * Measures how time and memory grow with the batch, the width of the network and the number of threads; prints a table
 * for each part, and writes its chart to `charts`.
 */
export async function measureGrowth(
  growth: true | PartName,
  { peers, only = '', threads, rounds, charts }: Pick<Options, 'peers' | 'only' | 'threads' | 'rounds' | 'charts'>,
): Promise<GrowthReport> {
  // before the run, so that a path that cannot be written does not waste it
  if (charts !== undefined) mkdirSync(charts, { recursive: true });
  const frameworks = await findFrameworks(peers);
  const results: Partial<Record<PartName, MeasuredRow[]>> = {};
  for (const part of partsOf(growth)) {
    const workloads = workloadsOf(part).filter((name) => name.includes(only));
    if (workloads.length === 0) continue;
    if (part === 'threads' && threads === 1) {
      console.log('\n- threads: left out, because there is one thread');
      continue;
    }
    const plan = planOf(part, frameworks, threads);
    console.log(`\n${plan.heading().join('\n')}`);
    const rows: MeasuredRow[] = [];
    for (const workload of workloads) {
      const row = await measure(workload, plan.starters, rounds);
      rows.push(row);
      console.log(plan.line(row));
    }
    for (const note of [...plan.notes(rows), ...footnotes(rows)]) console.log(note);
    if (charts !== undefined) writeFileSync(join(charts, `growth-${part}.svg`), plan.figure(rows));
    results[part] = rows;
  }
  const versions = frameworks.slice(1).map(({ name, version }) => [name, version]);
  return { threads, peers: Object.fromEntries(versions), results };
}
