import { describe, expect, it } from 'vitest';
import {
  footnotes,
  heading,
  line,
  type Row,
  ratioOf,
  rooflineTable,
  shareOf,
  summarize,
  workTable,
} from '../../bench/report.js';
import type { Roofline } from '../../bench/roofline.js';

const quiet = (...ms: number[]) => ({ ms, others: 0.01 });
const disturbed = (...ms: number[]) => ({ ms, others: 0.4 });

const row: Row = {
  workload: 'conv3x3-64-32-b8-forward',
  antinode: summarize([quiet(12, 10, 11, 20)]),
  peers: {
    pytorch: summarize([quiet(5, 6)]),
    'tfjs-wasm': { unsupported: 'no kernel' },
    'jax-js': { unsupported: 'not written for jax-js' },
  },
};
const peers = Object.keys(row.peers);
const limits = { mulAdd: 90, madd: 100, bandwidth: 50 };
const roofline: Roofline = { threads: 2, one: limits, all: limits, peak: 100, bandwidth: 50 };

describe('the benchmark report', () => {
  it('summarizes times by best, median and interquartile range', () => {
    const times = summarize([quiet(5, 1, 4), quiet(2, 3)]);
    expect(times).toEqual({ best: 1, median: 3, spread: 2 / 3, others: 0.01, samples: [5, 1, 4, 2, 3] });
    expect(summarize([quiet(7)])).toMatchObject({ best: 7, median: 7, spread: 0 });
  });

  it('shows what a device did for a step, if it counts', () => {
    const work = { launches: 883, bytesMoved: 105.4e6 };
    const counted: Row = { ...row, antinode: summarize([{ ...quiet(3), work }]) };
    expect(workTable([row, counted])).toEqual([
      'work a step                  kernels run        MB moved',
      'conv3x3-64-32-b8-forward             883           105.4',
    ]);
    expect(workTable([row])).toEqual([]);
  });

  it('omits disturbed turns, whatever their times, unless there are no others', () => {
    expect(summarize([disturbed(1), quiet(3), disturbed(9)])).toMatchObject({ best: 3, median: 3, others: 0.01 });
    expect(summarize([disturbed(1), { ms: [2], others: 0.7 }])).toMatchObject({ best: 1, others: 0.7 });
  });

  it('marks times that other programs disturbed, on either side of a ratio', () => {
    const noisy: Row = { ...row, peers: { ...row.peers, pytorch: summarize([disturbed(5)]) } };
    expect(line(noisy, peers)).toMatch(/ 2\.00! /);
    expect(footnotes([noisy]).at(-1)).toContain('40%');
    const ours: Row = { ...row, antinode: summarize([disturbed(10)]) };
    expect(line(ours, peers)).toMatch(/ 0%! +2\.00! /);
    expect(line(row, peers)).not.toContain('!');
  });

  it('divides the best times', () => {
    expect(ratioOf(row, 'pytorch')).toBe(2);
    expect(ratioOf(row, 'tfjs-wasm')).toBeUndefined();
    expect(ratioOf(row, 'nobody')).toBeUndefined();
  });

  it('fits in 80 columns, with cells aligned with their headings', () => {
    const lines = [...heading(peers).split('\n'), line(row, peers)];
    for (const text of lines) expect(text.length).toBeLessThanOrEqual(80);
    expect(lines.at(-1)?.length).toBe(lines.at(-2)?.length);
    expect(line(row, peers).split(/\s+/).slice(0, 5)).toEqual([
      row.workload,
      '10.00',
      '12.00',
      expect.any(String),
      '2.00',
    ]);
  });

  it('explains why a cell is empty, unless a peer does not have the workload', () => {
    expect(footnotes([row])).toEqual(['- tfjs-wasm, conv3x3-64-32-b8-forward: no kernel']);
  });

  it('compares a workload with the limit that applies to it', () => {
    const make = () => () => undefined;
    expect(shareOf({ name: 'a', flops: 5e8, make }, 10, roofline)).toEqual({ rate: 50, unit: 'GFLOP/s', share: 0.5 });
    expect(shareOf({ name: 'a', bytes: 1e8, make }, 4, roofline)).toEqual({ rate: 25, unit: 'GB/s', share: 0.5 });
    expect(shareOf({ name: 'a', make }, 4, roofline)).toBeUndefined();
    const [title, line] = rooflineTable([row], [{ name: row.workload, flops: 5e8, make }], roofline);
    expect(line.split(/\s+/)).toEqual([row.workload, '50.0', 'GFLOP/s', '50%', '2.00']);
    expect(title.length).toBe(line.length);
    expect(title.length).toBeLessThanOrEqual(80);
    expect(rooflineTable([row], [{ name: row.workload, make }], roofline)).toEqual([]);
  });
});
