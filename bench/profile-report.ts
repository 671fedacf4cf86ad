import type { Profile, ProfileRow } from 'antinode';
import type { Roofline } from './roofline.js';

/** The calls of a step with equal primitive, shapes and formula, or of equal primitive. Times are milliseconds. */
export interface StepRow {
  label: string;
  calls: number;
  ms: number;
  flops?: number;
  bytes?: number;
}

/** Medians over the steps, each by itself: their sum differs a little from the median of the sums. */
export interface StepProfile {
  steps: number;
  /** True if the device queues work, whose time is then where the program waits for it. */
  queued: boolean;
  total: number;
  host: number;
  rows: StepRow[];
  ops: StepRow[];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

function labelOf({ op, shape, formula }: ProfileRow): string {
  return `${op} ${shape}${formula === undefined ? '' : `: ${formula}`}`.trimEnd();
}

/** The rows of a step by label; formulas of equal text count as one. */
function rowsByLabel(rows: readonly ProfileRow[]): Map<string, StepRow> {
  const found = new Map<string, StepRow>();
  for (const { calls, ms, flops, bytes, ...row } of rows) {
    const label = labelOf({ calls, ms, ...row });
    const sum = found.get(label) ?? { label, calls: 0, ms: 0 };
    sum.calls += calls;
    sum.ms += ms;
    if (flops !== undefined) sum.flops = (sum.flops ?? 0) + flops;
    if (bytes !== undefined) sum.bytes = (sum.bytes ?? 0) + bytes;
    found.set(label, sum);
  }
  return found;
}

/** The rows that occur in at least half of the steps, with the median of their times; most time first. */
function medianRows(steps: readonly (readonly ProfileRow[])[]): StepRow[] {
  const all = steps.map(rowsByLabel);
  const labels = new Set(all.flatMap((rows) => [...rows.keys()]));
  const rows = [...labels].flatMap((label) => {
    const found = all.flatMap((each) => each.get(label) ?? []);
    return found.length * 2 < steps.length ? [] : [{ ...found[0], ms: median(found.map(({ ms }) => ms)) }];
  });
  return rows.sort((a, b) => b.ms - a.ms);
}

/** Summarizes the profiles of several steps. */
export function medianProfile(profiles: readonly Profile[]): StepProfile {
  return {
    steps: profiles.length,
    queued: profiles.some(({ queued }) => queued),
    total: median(profiles.map(({ total }) => total)),
    host: median(profiles.map(({ host }) => host)),
    rows: medianRows(profiles.map(({ rows }) => rows)),
    ops: medianRows(profiles.map(({ ops }) => ops)),
  };
}

/** The profile whose total time is the median. */
export function middleOf(profiles: readonly Profile[]): Profile {
  const total = median(profiles.map((each) => each.total));
  return profiles.find((each) => each.total === total) as Profile;
}

/**
 * The least time that the machine allows for a row, divided by its time; undefined where neither operations nor bytes
 * are defined. Data that stays in the caches can exceed the limit of the memory.
 */
export function shareOfLimit({ ms, flops, bytes }: StepRow, { peak, bandwidth }: Roofline): number | undefined {
  if ((flops === undefined && bytes === undefined) || ms === 0) return undefined;
  return Math.max((flops ?? 0) / peak, (bytes ?? 0) / bandwidth) / 1e6 / ms;
}

const percent = (x: number, digits: number) => `${(100 * x).toFixed(digits)}%`;
const milliseconds = (x: number) => x.toFixed(x < 100 ? 3 : 1);

/** Widths of the columns after the first, which takes the rest of 80. */
const widths = [5, 8, 7, 14, 6];
const room = 80 - widths.reduce((sum, width) => sum + width, 0);

function line(label: string, ...cells: string[]): string {
  const first = label.length > room ? `${label.slice(0, room - 1)}…` : label.padEnd(room);
  return (first + cells.map((text, i) => text.padStart(widths[i])).join('')).trimEnd();
}

function rateOf({ ms, flops, bytes }: StepRow): string {
  const text = (amount: number) => {
    const rate = amount / ms / 1e6;
    return rate < 1000 ? rate.toFixed(1) : rate < 1e5 ? rate.toFixed(0) : rate.toExponential(0);
  };
  if (ms === 0) return '';
  if (flops !== undefined) return `${text(flops)} GFLOP/s`;
  return bytes === undefined ? '' : `${text(bytes)} GB/s   `;
}

/** The lines of a table of at most `most` rows and the sum of the others, at most 80 columns wide. */
export function profileLines(
  rows: readonly StepRow[],
  { total, host, queued }: Pick<StepProfile, 'total' | 'host' | 'queued'>,
  roofline: Roofline | undefined,
  most = rows.length,
): string[] {
  const timed = (row: StepRow, rate = '', limit = '') =>
    line(row.label, String(row.calls), milliseconds(row.ms), percent(row.ms / total, 1), rate, limit);
  const rest = rows.slice(most);
  const sum = (what: 'calls' | 'ms') => rest.reduce((all, row) => all + row[what], 0);
  const others = {
    label: `${rest.length} ${rest.length === 1 ? 'other' : 'others'}`,
    calls: sum('calls'),
    ms: sum('ms'),
  };
  return [
    line('a step', 'calls', 'ms', 'share', 'rate', roofline ? 'limit' : ''),
    ...rows.slice(0, most).map((row) => {
      const share = roofline && shareOfLimit(row, roofline);
      return timed(row, queued ? '' : rateOf(row), share === undefined ? '' : share < 10 ? percent(share, 0) : '>999%');
    }),
    ...(rest.length > 0 ? [timed(others)] : []),
    line('outside of primitives', '', milliseconds(host), percent(host / total, 1)),
    line('total', '', milliseconds(total)),
  ];
}
