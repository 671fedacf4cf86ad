import type { Work } from './protocol.js';
import { tolerable } from './quiet.js';
import type { Roofline } from './roofline.js';
import type { Workload } from './workloads/workload.js';

/** Times of one framework on one workload, in milliseconds. */
export interface Times {
  best: number;
  median: number;
  /** Interquartile range, as a share of the median. */
  spread: number;
  /** The share of the processors' time that other programs used meanwhile. */
  others: number;
  samples: number[];
  /** What the device did for one step, if it counts. */
  work?: Work;
}

/** One row: for antinode and each peer, its times or why there are none. */
export interface Row {
  workload: string;
  antinode: Times | { unsupported: string };
  peers: Record<string, Times | { unsupported: string }>;
  /** The higher of the bandwidths measured right before and after, in GB/s, if bandwidth limits the workload. */
  bandwidth?: number;
}

/** One turn of a framework: the times of its steps, and the share of processor time that others used meanwhile. */
export interface Turn {
  ms: number[];
  others: number;
  work?: Work;
}

/** Summarizes the timed steps of the undisturbed turns, or of all turns if every one was disturbed. */
export function summarize(turns: Turn[]): Times {
  const quiet = turns.filter((turn) => turn.others <= tolerable);
  const counted = quiet.length > 0 ? quiet : turns;
  const samples = counted.flatMap((turn) => turn.ms);
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))];
  return {
    best: sorted[0],
    median: at(0.5),
    spread: (at(0.75) - at(0.25)) / at(0.5),
    others: Math.max(...counted.map((turn) => turn.others)),
    samples,
    // the same in every turn
    ...(counted[0].work ? { work: counted[0].work } : {}),
  };
}

/** Formats milliseconds, with fewer digits if there are many. */
export const milliseconds = (x: number) => (x < 10 ? x.toFixed(3) : x < 1000 ? x.toFixed(2) : x.toFixed(0));
/** Formats a ratio. */
export const ratio = (x: number) => (x < 0.1 ? x.toFixed(4) : x < 10 ? x.toFixed(2) : x.toFixed(1));
/** The columns of the table after the first: the times and the spread, then a ratio for each peer. */
const cells = (texts: string[]) => texts.map((text, i) => text.padStart([9, 9, 8][i] ?? 10)).join('');
/** Formats a share in per cent. */
export const percent = (x: number) => `${Math.round(100 * x)}%`;

/** antinode's best time divided by the peer's: 2 means that antinode takes twice as long. */
export function ratioOf(row: Row, peer: string): number | undefined {
  const ours = row.antinode;
  const theirs = row.peers[peer];
  if (theirs === undefined || 'unsupported' in ours || 'unsupported' in theirs) return undefined;
  return ours.best / theirs.best;
}

/** An exclamation mark if other programs disturbed any of the times. */
export function mark(...times: (Times | { unsupported: string })[]): string {
  return times.some((each) => 'others' in each && each.others > tolerable) ? '!' : '';
}

/** The heading of the table and a line that explains it, at most 80 columns wide. */
export function heading(peers: string[]): string {
  const columns = cells(['best', 'median', 'spread', ...peers]);
  const ratios = '; ratios are antinode / framework, below 1 is faster';
  const meaning = `Milliseconds a step${peers.length > 0 ? ratios : ''}\n`;
  return `\n${meaning}${'workload'.padEnd(24)}${columns}`;
}

/** One row of the table. */
export function line(row: Row, peers: string[]): string {
  const ours = row.antinode;
  const own =
    'unsupported' in ours
      ? ['-', '-', '-']
      : [milliseconds(ours.best), milliseconds(ours.median), percent(ours.spread) + mark(ours)];
  const ratios = peers.map((peer) => {
    const value = ratioOf(row, peer);
    return value === undefined ? '-' : ratio(value) + mark(row.antinode, row.peers[peer]);
  });
  return row.workload.padEnd(24) + cells([...own, ...ratios]);
}

/** Notes that explain the dashes and exclamation marks in the table. */
export function footnotes(rows: Row[]): string[] {
  const all = rows.flatMap(({ workload, antinode, peers }) =>
    Object.entries({ antinode, ...peers }).map(([who, times]) => ({ who, workload, times })),
  );
  const refusals = all.flatMap(({ who, workload, times }) =>
    'unsupported' in times && !times.unsupported.startsWith('not written for')
      ? [`- ${who}, ${workload}: ${times.unsupported}`]
      : [],
  );
  const worst = Math.max(0, ...all.map(({ times }) => ('others' in times ? times.others : 0)));
  if (worst <= tolerable) return refusals;
  return [
    ...refusals,
    `! other programs used up to ${percent(worst)} of the processors; figures marked ! are not comparable`,
  ];
}

/**
 * The best rate of a workload, in GFLOP/s or GB/s, and its share of the machine's measured limit; undefined for a
 * workload that is not bound by a single limit.
 */
export function shareOf({ flops, bytes }: Workload, best: number, { peak, bandwidth }: Roofline) {
  if (flops !== undefined) return { rate: flops / best / 1e6, unit: 'GFLOP/s', share: flops / best / 1e6 / peak };
  if (bytes !== undefined) return { rate: bytes / best / 1e6, unit: 'GB/s', share: bytes / best / 1e6 / bandwidth };
  return undefined;
}

/**
 * The rates of the workloads that are bound by one limit, their shares of that limit, and their times divided by the
 * least that it allows: for an optimizer, the time to move its bytes once at the bandwidth measured around its run.
 */
export function rooflineTable(rows: Row[], workloads: Workload[], roofline: Roofline): string[] {
  const columns = (name: string, reached: string, share: string, time: string) =>
    name.padEnd(24) + reached.padStart(19) + share.padStart(9) + time.padStart(14);
  const lines = rows.flatMap((row) => {
    const workload = workloads.find(({ name }) => name === row.workload);
    if (workload === undefined || 'unsupported' in row.antinode) return [];
    const { bandwidth = roofline.bandwidth } = row;
    const reached = shareOf(workload, row.antinode.best, { ...roofline, bandwidth });
    if (reached === undefined) return [];
    const { rate, unit, share } = reached;
    return [columns(row.workload, `${rate.toFixed(1)} ${unit.padEnd(7)}`, percent(share), ratio(1 / share))];
  });
  return lines.length === 0 ? [] : [columns('workload', 'reached        ', 'share', 'time / least'), ...lines];
}

/** What the device did for one step of each workload; no lines if it does not count. */
export function workTable(rows: Row[]): string[] {
  const counted = rows.flatMap(({ workload, antinode }) =>
    'work' in antinode && antinode.work ? [{ workload, ...antinode.work }] : [],
  );
  if (counted.length === 0) return [];
  const columns = (name: string, launches: string, bytes: string) =>
    name.padEnd(24) + launches.padStart(16) + bytes.padStart(16);
  return [
    columns('work a step', 'kernels run', 'MB moved'),
    ...counted.map(({ workload, launches, bytesMoved }) =>
      columns(workload, launches.toFixed(0), (bytesMoved / 1e6).toFixed(1)),
    ),
  ];
}
