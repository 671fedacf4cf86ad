import { describe, expect, it } from 'vitest';
import { footnotes, heading, line, type Row, ratioOf, rooflineTable, shareOf, summarize } from '../../bench/report.js';
import type { Roofline } from '../../bench/roofline.js';

const row: Row = {
  workload: 'conv3x3-64-32-b8-forward',
  antinode: summarize([12, 10, 11, 20]),
  peers: {
    pytorch: summarize([5, 6]),
    'tfjs-wasm': { unsupported: 'no kernel' },
    'jax-js': { unsupported: 'not written for jax-js' },
  },
};
const peers = Object.keys(row.peers);
const limits = { mulAdd: 90, madd: 100, bandwidth: 50 };
const roofline: Roofline = { threads: 2, one: limits, all: limits, peak: 100, bandwidth: 50 };

describe('the report of the benchmark', () => {
  it('summarizes times by best, median and distance of the quartiles', () => {
    expect(summarize([5, 1, 4, 2, 3])).toEqual({ best: 1, median: 3, spread: 2 / 3, samples: [5, 1, 4, 2, 3] });
    expect(summarize([7])).toMatchObject({ best: 7, median: 7, spread: 0 });
  });

  it('divides the best times', () => {
    expect(ratioOf(row, 'pytorch')).toBe(2);
    expect(ratioOf(row, 'tfjs-wasm')).toBeUndefined();
    expect(ratioOf(row, 'nobody')).toBeUndefined();
  });

  it('fits in 80 columns, cells under their titles', () => {
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

  it('says why a cell is empty, except where a peer never had the workload', () => {
    expect(footnotes([row])).toEqual(['- tfjs-wasm, conv3x3-64-32-b8-forward: no kernel']);
  });

  it('holds a workload against the limit that governs it', () => {
    const make = () => () => undefined;
    expect(shareOf({ name: 'a', flops: 5e8, make }, 10, roofline)).toEqual({ rate: 50, unit: 'GFLOP/s', share: 0.5 });
    expect(shareOf({ name: 'a', bytes: 1e8, make }, 4, roofline)).toEqual({ rate: 25, unit: 'GB/s', share: 0.5 });
    expect(shareOf({ name: 'a', make }, 4, roofline)).toBeUndefined();
    const table = rooflineTable([row], [{ name: row.workload, flops: 5e8, make }], roofline);
    expect(table[0].split(/\s+/)).toEqual([row.workload, '50.0', 'GFLOP/s', '50%']);
  });
});
