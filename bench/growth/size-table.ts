import { mark, milliseconds, percent, ratio, ratioOf } from '../report.js';
import { cells, group } from './columns.js';
import { type MeasuredRow, timesOf } from './measure.js';
import { type SizePart, sizeOf } from './parts.js';

/** Widths of the columns: the size, those of a framework, and ratios. */
const widths = { size: 7, framework: [10, 8, 8], ratios: [9, 9] };

/** The heading of the table of a part in which a size grows, at most 80 columns wide; antinode is the first name. */
export function sizeHeading({ title, columns }: SizePart, threads: number, names: readonly string[]): string[] {
  const [size, shown] = columns;
  const peers = names.slice(1);
  return [
    `${title}, ${threads} threads; MB: peak memory above that when idle`,
    [
      ' '.repeat(widths.size),
      ...names.map((name) => group(widths.framework, name)),
      ...peers.map((name) => group(widths.ratios, `/ ${name}`)),
    ].join(''),
    [
      size.padEnd(widths.size),
      ...names.map(() => cells(widths.framework, [shown, 'spread', 'MB'])),
      ...peers.map(() => cells(widths.ratios, ['time', 'memory'])),
    ].join(''),
  ];
}

/** One row of that table. */
export function sizeLine(part: SizePart, row: MeasuredRow, names: readonly string[]): string {
  const { antinode, memory } = row;
  const size = sizeOf(part, row.workload);
  const values = names.map((name) => {
    const times = timesOf(row, name);
    if ('unsupported' in times) return cells(widths.framework, ['-', '-', '-']);
    const megabytes = name in memory ? (memory[name] / 1e6).toFixed(0) : '-';
    const shown = milliseconds(part.shown(times.best, size));
    return cells(widths.framework, [shown, percent(times.spread) + mark(times), megabytes]);
  });
  const ratios = names.slice(1).map((name) => {
    const time = ratioOf(row, name);
    return cells(widths.ratios, [
      time === undefined ? '-' : ratio(time) + mark(antinode, row.peers[name]),
      'antinode' in memory && name in memory ? ratio(memory.antinode / memory[name]) : '-',
    ]);
  });
  return [`${size}`.padEnd(widths.size), ...values, ...ratios].join('');
}
