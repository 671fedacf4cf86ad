import { atLeast, oneOf } from '../option-kinds.js';
import { type OptionTable, resolveOptions } from '../options.js';
import type { ProfileRow } from './profile-rows.js';

/** Options of `Profile.table`. */
export interface ProfileTableOptions {
  /**
   * One row per primitive, or also per shapes and formula.
   * @default 'shape'
   */
  readonly by?: 'op' | 'shape';
  /**
   * The most rows; one more then adds up the others.
   * @default 20
   */
  readonly limit?: number;
  /**
   * The most characters of a line, at least 50; what does not fit is cut.
   * @default 80
   */
  readonly width?: number;
}

const options: OptionTable<Required<ProfileTableOptions>> = {
  by: oneOf(['op', 'shape'], 'shape'),
  limit: atLeast(1, 20),
  width: atLeast(50, 80),
};

/** What a table shows. */
export interface Tabled {
  readonly device: string;
  readonly queued: boolean;
  readonly total: number;
  readonly host: number;
  readonly rows: readonly ProfileRow[];
  readonly ops: readonly ProfileRow[];
}

/** The cells of a line: what it is about, calls, milliseconds, the share of the total, and the rate. */
type Cells = readonly [label: string, calls: string, ms: string, share: string, rate: string];

/** Widths of the columns after the first. */
const widths = [6, 9, 7, 15];

/** Formats a profile as `Profile.table` documents. */
export function profileTable(profile: Tabled, given?: ProfileTableOptions): string {
  const { by, limit, width } = resolveOptions('table', options, given);
  const all = by === 'op' ? profile.ops : profile.rows;
  const [shown, rest] = [all.slice(0, limit), all.slice(limit)];
  const { total, host } = profile;
  const sumOf = (rows: readonly ProfileRow[], what: 'calls' | 'ms') => rows.reduce((sum, row) => sum + row[what], 0);
  const timed = (label: string, calls: number | null, ms: number): Cells => [
    label,
    calls === null ? '' : String(calls),
    milliseconds(ms),
    percent(total > 0 ? ms / total : 0),
    '',
  ];
  const lines: Cells[] = [
    [by === 'op' ? 'primitive' : 'primitive, shapes, formula', 'calls', 'ms', 'share', 'rate'],
    ...shown.map(
      (row): Cells => [labelOf(row), String(row.calls), milliseconds(row.ms), percent(row.share), rateOf(row)],
    ),
    ...(rest.length > 0
      ? [timed(`${rest.length} ${rest.length === 1 ? 'other' : 'others'}`, sumOf(rest, 'calls'), sumOf(rest, 'ms'))]
      : []),
    timed('outside of primitives', null, host),
    timed('total', sumOf(all, 'calls'), total),
  ];
  const text = lines.map((cells) => line(cells, width));
  if (profile.queued) text.push(...queueNote(profile.device));
  return text.join('\n');
}

function queueNote(device: string): string[] {
  return [`${device} queues work: times are those of queueing it;`, 'read and synchronize wait until it is done'];
}

function line([label, ...cells]: Cells, width: number): string {
  const room = width - widths.reduce((sum, each) => sum + each, 0);
  const first = label.length > room ? `${label.slice(0, room - 1)}…` : label.padEnd(room);
  return (first + cells.map((cell, i) => cell.padStart(widths[i])).join('')).trimEnd();
}

function labelOf({ op, shape, formula }: ProfileRow): string {
  return `${op} ${shape}${formula === undefined ? '' : `: ${formula}`}`.trimEnd();
}

function milliseconds(ms: number): string {
  return ms.toFixed(ms < 100 ? 3 : ms < 10000 ? 1 : 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function rateOf({ flopRate, byteRate }: ProfileRow): string {
  if (flopRate !== undefined) return `${rateText(flopRate)} GFLOP/s`;
  return byteRate === undefined ? '' : `${rateText(byteRate)} GB/s   `;
}

function rateText(rate: number): string {
  return rate < 1000 ? rate.toFixed(1) : rate < 1e6 ? rate.toFixed(0) : rate.toExponential(0);
}
