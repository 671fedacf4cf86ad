import { mark, milliseconds, percent, type Row } from '../report.js';
import { byThreads } from '../workloads/growth.js';
import { cells, group } from './columns.js';
import { timesOf } from './measure.js';

/** The least efficiency that steps of convolutional networks should have on all threads. */
export const leastEfficiency = 0.85;

/** Widths of the columns: the workload, and those of a framework. */
const widths = { workload: 24, framework: [9, 8, 11] };

/** The column of a framework on one thread. */
export function onOne(name: string): string {
  return `${name} on one thread`;
}

/**
 * The parallel efficiency of a framework: its time on one thread, divided by that on `threads` threads and by their
 * number. Undefined if it lacks one of the times.
 */
export function efficiencyOf(row: Row, name: string, threads: number): number | undefined {
  const [one, all] = [timesOf(row, onOne(name)), timesOf(row, name)];
  return 'unsupported' in one || 'unsupported' in all ? undefined : one.best / all.best / threads;
}

/** The heading of the table of threads, at most 80 columns wide. */
export function threadHeading(threads: number, names: readonly string[]): string[] {
  return [
    `Milliseconds a step on 1 and on ${threads} threads; efficiency: t(1) / (${threads} t(${threads}))`,
    ' '.repeat(widths.workload) + names.map((name) => group(widths.framework, name)).join(''),
    'workload'.padEnd(widths.workload) +
      names.map(() => cells(widths.framework, ['on 1', `on ${threads}`, 'efficiency'])).join(''),
  ];
}

/** One row of that table. */
export function threadLine(row: Row, threads: number, names: readonly string[]): string {
  const columns = names.map((name) => {
    const times = [timesOf(row, onOne(name)), timesOf(row, name)];
    const efficiency = efficiencyOf(row, name, threads);
    return cells(widths.framework, [
      ...times.map((each) => ('unsupported' in each ? '-' : milliseconds(each.best))),
      efficiency === undefined ? '-' : percent(efficiency) + mark(...times),
    ]);
  });
  return row.workload.padEnd(widths.workload) + columns.join('');
}

/** Notes that name the convolutional steps of antinode whose efficiency is too low. */
export function efficiencyNotes(rows: readonly Row[], threads: number): string[] {
  return rows.flatMap((row) => {
    const efficiency = efficiencyOf(row, 'antinode', threads) ?? 1;
    if (!byThreads.convolutional.includes(row.workload) || efficiency >= leastEfficiency) return [];
    const [reached, least] = [percent(efficiency), percent(leastEfficiency)];
    return [`- antinode, ${row.workload}: expected an efficiency of ${least}, got ${reached}`];
  });
}
