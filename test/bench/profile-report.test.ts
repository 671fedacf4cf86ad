import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { medianProfile, middleOf, profileLines, type StepRow, shareOfLimit } from '../../bench/profile-report.js';
import type { Roofline } from '../../bench/roofline.js';
import { Profile } from '../../src/tensor/profile/profile-result.js';
import type { Span } from '../../src/tensor/profile/timeline.js';

const limits = { mulAdd: 90, madd: 100, bandwidth: 50 };
const roofline: Roofline = { threads: 2, one: limits, all: limits, peak: 100, bandwidth: 50 };

const product: Span['work'] = { parts: [[64, 64], ' @ ', [64, 64]], flops: 2e8, bytes: 1e6 };
const reading: Span['work'] = { parts: [[9]], bytes: 1e6 };

/** The profile of a step that takes `total` milliseconds, `ms` of them for two products and one for reading. */
function step(total: number, ms: number, extra: readonly Span[] = []): Profile {
  const span = (op: Span['op'], start: number, end: number, work: Span['work']): Span => {
    return { op, start, end, work, waits: false };
  };
  const spans = [span('matmul', 0, ms / 2, product), span('matmul', ms / 2, ms, product)];
  return new Profile(
    0,
    { name: 'cpu' },
    { begun: 0, ended: total, spans: [...spans, span('read', ms, ms + 1, reading), ...extra] },
  );
}

describe('the report of a profile', () => {
  const profiles = [step(20, 8), step(12, 4), step(30, 10)];

  it('takes the median of each time over the steps', () => {
    const summary = medianProfile(profiles);
    expect(summary).toMatchObject({ steps: 3, queued: false, total: 20, host: 11 });
    expect(summary.rows).toEqual([
      { label: 'matmul 64x64 @ 64x64', calls: 2, ms: 8, flops: 4e8, bytes: 2e6 },
      { label: 'read 9', calls: 1, ms: 1, bytes: 1e6 },
    ]);
    expect(summary.ops.map(({ label }) => label)).toEqual(['matmul', 'read']);
    expect(middleOf(profiles)).toBe(profiles[0]);
  });

  it('leaves out what fewer than half of the steps do', () => {
    const rare: Span = { op: 'copy', start: 15, end: 16, work: { parts: [[2]], bytes: 16 }, waits: false };
    const labels = (...all: Profile[]) => medianProfile(all).ops.map(({ label }) => label);
    expect(labels(...profiles, step(20, 8, [rare]))).toEqual(['matmul', 'read']);
    expect(labels(profiles[0], step(20, 8, [rare]))).toContain('copy');
  });

  it('compares times with the nearer limit of the machine', () => {
    const row: StepRow = { label: 'x', calls: 1, ms: 4 };
    expect(shareOfLimit({ ...row, flops: 2e8, bytes: 1e6 }, roofline)).toBeCloseTo(0.5);
    expect(shareOfLimit({ ...row, flops: 2e7, bytes: 1e8 }, roofline)).toBeCloseTo(0.5);
    expect(shareOfLimit({ ...row, bytes: 1e8 }, roofline)).toBeCloseTo(0.5);
    expect(shareOfLimit(row, roofline)).toBeUndefined();
    expect(shareOfLimit({ ...row, ms: 0, bytes: 1 }, roofline)).toBeUndefined();
  });

  it('prints a table, with the limit if it is known', () => {
    const summary = medianProfile(profiles);
    expect(profileLines(summary.rows, summary, roofline, 1)).toEqual([
      'a step                                  calls      ms  share          rate limit',
      'matmul 64x64 @ 64x64                        2   8.000  40.0%  50.0 GFLOP/s   50%',
      '1 other                                     1   1.000   5.0%',
      'outside of primitives                          11.000  55.0%',
      'total                                          20.000',
    ]);
    expect(profileLines(summary.ops, summary, undefined)).toEqual([
      'a step                                  calls      ms  share          rate',
      'matmul                                      2   8.000  40.0%  50.0 GFLOP/s',
      'read                                        1   1.000   5.0%   1.0 GB/s',
      'outside of primitives                          11.000  55.0%',
      'total                                          20.000',
    ]);
  });

  it('has no rates if the times are those of queueing work', () => {
    const lines = profileLines(medianProfile(profiles).ops, { total: 20, host: 11, queued: true }, undefined);
    expect(lines[1]).toBe('matmul                                      2   8.000  40.0%');
  });

  it('fits 80 columns', () => {
    const rows = fc.array(
      fc.record({
        label: fc.string({ maxLength: 100 }),
        calls: fc.nat({ max: 99_999 }),
        ms: fc.double({ min: 0, max: 99_999, noNaN: true }),
        flops: fc.option(fc.nat(), { nil: undefined }),
        bytes: fc.option(fc.nat(), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(rows, (given) => {
        // in a step that takes no shorter than a microsecond
        const possible = given.map((row) => ({ ...row, ms: Math.max(row.ms, 0.001) }));
        const total = possible.reduce((sum, { ms }) => sum + ms, 1);
        const lines = profileLines(possible, { total, host: 1, queued: false }, roofline, 5);
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
      }),
    );
  });
});
