import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formula } from '../../../src/formula/formula.js';
import { Profile } from '../../../src/tensor/profile/profile-result.js';
import { divideTime, type Span, type Timeline } from '../../../src/tensor/profile/timeline.js';

const relu = formula('y = x <= 0 ? 0 : x', { tensors: ['y', 'x'] });
const update = formula('const g = grad\n m = b * m +\n   (1 - b) * g\n p = p - lr * m;', {
  tensors: ['m', 'p', 'grad'],
  scalars: ['b', 'lr'],
});

const span = (op: Span['op'], start: number, end: number, work: Span['work'] = { parts: [] }): Span => {
  return { op, start, end, work, waits: false };
};

const product = { parts: [[128, 784], ' @ ', [256, 784], '.T'], flops: 51_380_224, bytes: 1_335_296 };
const activation = { parts: [[128, 256]], formula: relu, bytes: 262_144 };

const timeline: Timeline = {
  begun: 1000,
  ended: 1010,
  spans: [
    span('allocate', 1000.5, 1000.75),
    span('matmul', 1001, 1003, product),
    span('map', 1003, 1003.5, activation),
    span('allocate', 1003.5, 1003.75),
    span('map', 1004, 1004.25, activation),
    span('map', 1005, 1005.5, { parts: [[256, 784]], formula: update, bytes: 3_211_264 }),
    span('map', 1005.5, 1005.625, { parts: [[10]], formula: update, bytes: 160 }),
    span('gather', 1006, 1006, null),
  ],
};

const profile = new Profile('done', { name: 'cpu', synchronize: undefined }, timeline);

/** Calls as a program can make them: one after another, some of which wait, so that later ones overlap with them. */
const timelines: fc.Arbitrary<Timeline> = fc
  .array(
    fc.record({
      op: fc.constantFrom<Span['op']>('map', 'matmul', 'read', 'copy'),
      gap: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true })),
      takes: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true })),
      waits: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 20, noNaN: true })),
      work: fc.constantFrom<Span['work']>(null, product, activation, { parts: [[]] }),
    }),
    { maxLength: 20 },
  )
  .map((items) => {
    let now = 5;
    const spans = items.map(({ op, gap, takes, waits, work }) => {
      const start = now + gap;
      now = start + takes;
      return { op, start, end: op === 'read' ? now + waits : now, work, waits: op === 'read' };
    });
    return { begun: 5, ended: Math.max(now, ...spans.map(({ end }) => end)), spans };
  });

describe('a profile', () => {
  it('prints a table of at most 80 columns', () => {
    expect(`\n${profile}`).toBe(`
primitive, shapes, formula                  calls       ms  share           rate
matmul 128x784 @ 256x784.T                      1    2.000  20.0%   25.7 GFLOP/s
map 128x256: y = x <= 0 ? 0 : x                 2    0.750   7.5%    0.7 GB/s
allocate                                        2    0.500   5.0%
map 256x784: const g = grad; m = b * m + (…     1    0.500   5.0%    6.4 GB/s
map 10: const g = grad; m = b * m + (1 - b…     1    0.125   1.3%    0.0 GB/s
gather                                          1    0.000   0.0%
outside of primitives                                6.125  61.3%
total                                           8   10.000 100.0%`);
    expect(`\n${profile.table({ by: 'op', width: 60 })}`).toBe(`
primitive               calls       ms  share           rate
matmul                      1    2.000  20.0%   25.7 GFLOP/s
map                         4    1.375  13.8%    2.7 GB/s
allocate                    2    0.500   5.0%
gather                      1    0.000   0.0%
outside of primitives            6.125  61.3%
total                       8   10.000 100.0%`);
  });

  it('adds up the rows beyond a limit', () => {
    const lines = profile.table({ limit: 2 }).split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[3]).toBe('4 others                                        5    1.125  11.3%');
    expect(profile.table({ limit: 6 })).toBe(profile.table());
  });

  it('has the formula on one line', () => {
    const formulas = profile.rows.flatMap((row) => row.formula ?? []);
    const text = 'const g = grad; m = b * m + (1 - b) * g; p = p - lr * m;';
    expect(formulas).toEqual(['y = x <= 0 ? 0 : x', text, text]);
  });

  it('divides the whole time among its calls and the host', () => {
    fc.assert(
      fc.property(timelines, (t) => {
        const { own, outside } = divideTime(t);
        expect(own.reduce((sum, ms) => sum + ms, outside)).toBeCloseTo(t.ended - t.begun, 9);
        expect(Math.min(0, outside, ...own)).toBe(0);
        t.spans.forEach(({ start, end, waits }, i) => {
          if (waits) expect(own[i]).toBeLessThanOrEqual(end - start + 1e-9);
          else expect(own[i]).toBeCloseTo(end - start, 9);
        });
        const { rows, host, total } = new Profile(0, { name: 'cpu' }, t);
        expect(rows.reduce((sum, { ms }) => sum + ms, host)).toBeCloseTo(total, 9);
        expect(rows.reduce((sum, { calls }) => sum + calls, 0)).toBe(t.spans.length);
      }),
    );
  });

  it('fits every width', () => {
    fc.assert(
      fc.property(timelines, fc.integer({ min: 50, max: 130 }), fc.constantFrom('op', 'shape'), (t, width, by) => {
        const table = new Profile(0, { name: 'gpu', synchronize: async () => {} }, t).table({ width, by, limit: 3 });
        expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('writes a trace whose events are in order and nested', () => {
    fc.assert(
      fc.property(timelines, (t) => {
        const { traceEvents, displayTimeUnit } = JSON.parse(new Profile(0, { name: 'cpu' }, t).toChromeTrace());
        expect(displayTimeUnit).toBe('ms');
        const [whole, ...calls] = traceEvents.filter(({ ph }: { ph: string }) => ph === 'X');
        expect(whole).toMatchObject({ name: 'profile', ts: 0, dur: 1000 * (t.ended - t.begun) });
        expect(calls).toHaveLength(t.spans.length);
        const ends = new Map<number, number[]>();
        t.spans.forEach((s, i) => {
          const { name, ts, dur, tid } = calls[i];
          expect(name).toBe(s.op);
          expect(ts).toBeCloseTo(1000 * (s.start - t.begun), 6);
          expect(ts).toBeGreaterThanOrEqual(i === 0 ? 0 : calls[i - 1].ts);
          expect(dur).toBeGreaterThanOrEqual(0);
          expect(ts + dur).toBeLessThanOrEqual(whole.dur + 1e-6);
          // events of a track follow each other
          const last = ends.get(tid)?.at(-1) ?? 0;
          expect(ts).toBeGreaterThanOrEqual(last - 1e-6);
          ends.set(tid, [...(ends.get(tid) ?? []), ts + dur]);
          expect(tid === 1).toBe(!s.waits);
        });
        const named = traceEvents.filter(({ name }: { name: string }) => name === 'thread_name');
        expect(named.map(({ tid }: { tid: number }) => tid)).toEqual([
          ...new Set([1, ...ends.keys()].sort((a, b) => a - b)),
        ]);
      }),
    );
    const [event] = JSON.parse(profile.toChromeTrace()).traceEvents.filter(
      ({ name }: { name: string }) => name === 'matmul',
    );
    expect(event).toEqual({
      name: 'matmul',
      cat: 'cpu',
      ph: 'X',
      pid: 1,
      tid: 1,
      ts: 1000,
      dur: 2000,
      args: { shape: '128x784 @ 256x784.T', flops: 51_380_224, bytes: 1_335_296 },
    });
  });
});
