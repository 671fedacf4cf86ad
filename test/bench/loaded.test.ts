import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { besideBusy } from '../../bench/busy.js';
import type { Competitor } from '../../bench/compete.js';
import { competeUnderLoad, equalShares, loadedHeading, loadedLines, slowdown } from '../../bench/loaded.js';

const exists = (id: number) => {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
};

/** Waits until none of the processes exists; fails after ten seconds. */
async function untilGone(ids: number[]): Promise<void> {
  for (let turn = 0; ids.some(exists); turn++) {
    expect(turn, `processes ${ids} still exist`).toBeLessThan(1000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('busy processes', () => {
  it('run while the body does, and end with it or with its error', async () => {
    let during: number[] = [];
    const result = await besideBusy(2, async (ids) => {
      during = ids as number[];
      return during.filter(exists).length;
    });
    expect(result).toBe(2);
    expect(during.filter(exists)).toEqual([]);
    const failing = besideBusy(1, async (ids) => {
      during = ids as number[];
      throw new Error('no kernel');
    });
    await expect(failing).rejects.toThrow('no kernel');
    expect(during).toHaveLength(1);
    expect(during.filter(exists)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGKILL'] as const)(
    'end when %s ends the program that started them',
    async (signal) => {
      const url = JSON.stringify(new URL('../../bench/busy.ts', import.meta.url).href);
      const script = `import { besideBusy } from ${url};
        await besideBusy(2, (ids) => new Promise(() => { console.log(JSON.stringify(ids)); setInterval(() => {}, 1e6); }));`;
      const program = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
      const [text] = await once(program.stdout, 'data');
      const ids: number[] = JSON.parse(String(text));
      expect(ids.filter(exists)).toHaveLength(2);
      program.kill(signal);
      await once(program, 'close');
      await untilGone(ids);
    },
  );
});

describe('times beside busy processes', () => {
  /** A framework whose requests give the times in the lists; it writes each request to `log`. */
  function framework(name: string, requests: number[][], log: string[] = []): Competitor {
    let request = 0;
    return {
      async run(workload) {
        log.push(`${name} ${workload}`);
        const ms = requests[request++];
        return ms === undefined ? { workload, unsupported: 'not written' } : { workload, ms };
      },
    };
  }

  it('are measured alternately, in every round without load first', async () => {
    const log: string[] = [];
    const times = [[1, 3], [6], [2], [8, 12]];
    const frameworks = new Map([
      ['a', framework('a', times, log)],
      ['b', framework('b', [], log)],
      ['c', framework('c', times, log)],
    ]);
    const [a, b, c] = await competeUnderLoad('w', frameworks, [0, 1], 2);
    expect(log).toEqual(['a w', 'b w', 'c w', 'a w', 'c w', 'a w', 'c w', 'a w', 'c w']);
    const expected = [
      { busy: 0, rounds: [2, 2] },
      { busy: 1, rounds: [6, 10] },
    ];
    expect(a).toEqual({ workload: 'w', framework: 'a', times: expected });
    expect(c.times).toEqual(expected);
    expect(b.times).toEqual({ unsupported: 'not written' });
    expect(loadedLines(a)).toEqual([expect.stringMatching(/^w +a +2\.000 +4\.00 \(3\.0 - 5\.0\)$/)]);
    expect(loadedLines(b)).toEqual([]);
    expect(loadedHeading([0, 1]).split('\n').at(-1)).toMatch(/^workload +framework +alone +1 busy$/);
  });

  it('have the mean factor between the least and the most', () => {
    const rounds = fc.array(fc.double({ min: 0.01, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rounds, rounds, fc.double({ min: 0.5, max: 20, noNaN: true }), (alone, loaded, scale) => {
        const factors = slowdown({ busy: 0, rounds: alone }, { busy: 2, rounds: loaded });
        expect(factors.mean).toBeGreaterThanOrEqual(factors.least * (1 - 1e-9));
        expect(factors.mean).toBeLessThanOrEqual(factors.most * (1 + 1e-9));
        const slower = slowdown({ busy: 0, rounds: alone }, { busy: 2, rounds: loaded.map((ms) => scale * ms) });
        expect(slower.mean / factors.mean).toBeCloseTo(scale, 9);
      }),
    );
  });

  it('are compared with equal shares of the cores', () => {
    const factors = (threads: number, cores: number, loads: number[]) =>
      equalShares(threads, cores, loads)
        .match(/\d+\.\d+/g)
        ?.map(Number);
    expect(factors(2, 2, [0, 2, 4, 8])).toEqual([2, 3, 5]);
    expect(factors(1, 2, [1, 2, 3])).toEqual([1, 1.5, 2]);
    expect(factors(4, 8, [4, 12])).toEqual([1, 2]);
  });
});
