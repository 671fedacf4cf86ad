import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeFigure, threadFigure } from '../../bench/growth/figures.js';
import { type MeasuredRow, measure } from '../../bench/growth/measure.js';
import { partNames, partsOf, sizeParts, workloadsOf } from '../../bench/growth/parts.js';
import { sizeHeading, sizeLine } from '../../bench/growth/size-table.js';
import { efficiencyNotes, efficiencyOf, onOne, threadHeading, threadLine } from '../../bench/growth/threads.js';
import { Runner } from '../../bench/protocol.js';
import { summarize, type Times } from '../../bench/report.js';
import { workloadsByName } from '../../bench/workloads/index.js';

const names = ['antinode', 'pytorch'];
const frameworks = [
  { name: 'antinode', label: 'antinode' },
  { name: 'pytorch', label: 'PyTorch 1.13' },
];
const timesOf = (ms: number, others = 0): Times => summarize([{ ms: [ms], others }]);

/** A row of a step of `ms` milliseconds, twice that in PyTorch. */
function rowOf(workload: string, ms: number): MeasuredRow {
  const memory = { antinode: 3e6, pytorch: 4e6 };
  return { workload, antinode: timesOf(ms), peers: { pytorch: timesOf(2 * ms) }, memory };
}

/** A row of the part `threads`. */
function threadRow(workload: string, one: number, all: number): MeasuredRow {
  const peers = { [onOne('antinode')]: timesOf(one), pytorch: { unsupported: 'no kernel' } };
  return { workload, antinode: timesOf(all), peers, memory: {} };
}

describe('the parts of the growth', () => {
  it('are made of workloads that exist, with sizes in their names', () => {
    expect(partsOf(true)).toEqual(partNames);
    expect(partsOf('width')).toEqual(['width']);
    for (const part of partNames) {
      for (const name of workloadsOf(part)) expect([name, workloadsByName.has(name)]).toEqual([name, true]);
    }
    expect(workloadsOf('batch')).toContain('resnet18-w16-b512-train');
    expect(workloadsOf('width')).toContain('resnet18-w128-b32-train');
  });

  it('show images a second for batches, and milliseconds for widths', () => {
    const fields = (part: 'batch' | 'width', row: MeasuredRow) => sizeLine(sizeParts[part], row, names).split(/\s+/);
    expect(fields('batch', rowOf('resnet18-w16-b32-train', 50))).toEqual([
      '32',
      '640.00',
      '0%',
      '3',
      '320.00',
      '0%',
      '4',
      '0.50',
      '0.75',
    ]);
    expect(fields('width', rowOf('resnet18-w64-b32-train', 50))).toEqual([
      '64',
      '50.00',
      '0%',
      '3',
      '100.00',
      '0%',
      '4',
      '0.50',
      '0.75',
    ]);
  });

  it('show a dash for what is not known', () => {
    const row: MeasuredRow = { ...rowOf('resnet18-w16-b8-train', 4), memory: { pytorch: 1e6 } };
    expect(sizeLine(sizeParts.batch, row, ['antinode']).split(/\s+/)).toEqual(['8', '2000', '0%', '-']);
    const failed: MeasuredRow = { ...row, antinode: { unsupported: 'ended' } };
    expect(sizeLine(sizeParts.batch, failed, names).split(/\s+/)).toEqual([
      '8',
      '-',
      '-',
      '-',
      '1000',
      '0%',
      '1',
      '-',
      '-',
    ]);
  });

  it('mark times that other programs disturbed', () => {
    const row = { ...rowOf('resnet18-w16-b8-train', 4), peers: { pytorch: timesOf(8, 0.5) } };
    expect(sizeLine(sizeParts.batch, row, names)).toMatch(/ 0%! .* 0\.50! /);
    expect(sizeLine(sizeParts.batch, rowOf('resnet18-w16-b8-train', 4), names)).not.toContain('!');
  });
});

describe('the efficiency on all threads', () => {
  it('is the time on one thread, divided by the time on all and their number', () => {
    expect(efficiencyOf(threadRow('x', 30, 10), 'antinode', 4)).toBeCloseTo(0.75);
    expect(efficiencyOf(threadRow('x', 30, 10), 'pytorch', 4)).toBeUndefined();
    const line = threadLine(threadRow('mlp-b128-train', 30, 10), 4, names);
    expect(line.split(/\s+/)).toEqual(['mlp-b128-train', '30.00', '10.00', '75%', '-', '-', '-']);
  });

  it('is compared with a bound for convolutions only', () => {
    const [conv, other] = ['mnist-cnn-b64-train', 'mlp-b128-train'];
    const notes = efficiencyNotes([threadRow(conv, 16, 10), threadRow(other, 16, 10)], 2);
    expect(notes).toEqual(['- antinode, mnist-cnn-b64-train: expected an efficiency of 85%, got 80%']);
    expect(efficiencyNotes([threadRow(conv, 17.1, 10), threadRow(other, 16, 10)], 2)).toEqual([]);
  });
});

describe('the tables of the growth', () => {
  it('fit 80 columns, with cells below the ends of their headings', () => {
    const ms = fc.double({ min: 0.1, max: 99_999, noNaN: true });
    const memory = fc.integer({ min: 1e6, max: 1e11 });
    fc.assert(
      fc.property(ms, ms, memory, memory, fc.integer({ min: 2, max: 99 }), (ours, theirs, mine, other, threads) => {
        const row = { antinode: timesOf(ours), peers: { pytorch: timesOf(theirs) } };
        const tables = [
          ...Object.values(sizeParts).map((part) => [
            ...sizeHeading(part, threads, names),
            ...part.steps.map(({ workload }) =>
              sizeLine(part, { ...row, workload: workload.name, memory: { antinode: mine, pytorch: other } }, names),
            ),
          ]),
          [
            ...threadHeading(threads, names),
            ...workloadsOf('threads').map((name) => threadLine({ ...row, workload: name }, threads, names)),
          ],
        ];
        for (const [, ...lines] of tables) expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
        for (const line of tables.flat()) expect(line.length).toBeLessThanOrEqual(80);
      }),
    );
  });
});

describe('the charts of the growth', () => {
  /** Texts of a chart in order, for light pages. */
  const textsOf = (svg: string) =>
    [...svg.split('class="dark"')[0].matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((m) => m[1]);

  it('have titles, units and a legend, and are drawn in two themes', () => {
    const rows = workloadsOf('batch').map((name, i) => rowOf(name, 2 ** i));
    const svg = sizeFigure(sizeParts.batch, rows, 2, frameworks);
    const texts = textsOf(svg);
    for (const text of [
      ...['Training ResNet-18 of width 16 on 2 threads', 'antinode', 'PyTorch 1.13'],
      ...['batch (images)', 'speed (images/s)', 'peak memory above idle (MB)', '1', '8', '32', '128', '512'],
    ]) {
      expect(texts).toContain(text);
    }
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg.match(/<svg/g)).toHaveLength(3);
  });

  it('show efficiencies with the bound, and leave out what is not known', () => {
    const rows = [threadRow('mnist-cnn-b64-train', 18, 10), threadRow('mlp-b128-train', 12, 10)];
    const svg = threadFigure(rows, 2, frameworks);
    for (const text of [
      'Parallel efficiency on 2 threads',
      'mnist-cnn-b64-train',
      '85 %, the least for convolutions',
    ]) {
      expect(textsOf(svg)).toContain(text);
    }
    expect(svg).not.toContain('NaN');
    expect(threadFigure(rows, 2, frameworks.slice(0, 1))).not.toContain('PyTorch');
  });
});

describe('a measurement of the growth', () => {
  const serve = JSON.stringify(new URL('../../bench/peers/serve.mjs', import.meta.url).href);
  const start = (bytes: number) => () =>
    new Runner(process.execPath, [
      '--input-type=module',
      '-e',
      `import { serve } from ${serve};
      const made = [];
      await serve({ peer: 'p', version: '1', threads: 1 }, { a: () => () => { made[0] ??= Buffer.alloc(${bytes}, 1); } });`,
    ]);

  it('times frameworks in processes of their own, and finds the memory of each', async () => {
    const row = await measure('a', { antinode: start(1), pytorch: start(100e6) }, 1);
    expect(row).toMatchObject({ workload: 'a', antinode: { best: expect.any(Number) } });
    expect(row.peers.pytorch).toHaveProperty('best');
    if (process.platform !== 'linux') return expect(row.memory).toEqual({});
    expect(row.memory.pytorch).toBeGreaterThan(90e6);
    expect(row.memory.antinode).toBeLessThan(80e6);
  });

  it('says why a framework has no times', async () => {
    const { antinode } = await measure('b', { antinode: start(1) }, 1);
    expect(antinode).toEqual({ unsupported: 'not written for p' });
  });
});
