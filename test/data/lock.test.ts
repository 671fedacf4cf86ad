import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withLock } from '../../src/data/node/lock.js';
import { FileError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-lock-'));
const path = join(folder, 'a.lock');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('withLock', () => {
  it('runs one body at a time and removes its lock file', async () => {
    let inside = 0;
    let most = 0;
    const body = async () => {
      most = Math.max(most, ++inside);
      await new Promise((done) => setTimeout(done, 5));
      inside--;
      return 1;
    };
    const all = await Promise.all(Array.from({ length: 5 }, () => withLock(path, body, { pollEvery: 1 })));
    expect(all).toEqual([1, 1, 1, 1, 1]);
    expect(most).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('releases the lock when the body throws', async () => {
    const fail = () => withLock(path, () => Promise.reject(new Error('no')));
    await expect(fail()).rejects.toThrow('no');
    await expect(fail()).rejects.toThrow('no');
  });

  it('takes over from a dead holder, but not from a live one', async () => {
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    expect(await withLock(path, async () => 1)).toBe(1);
    // A process on another machine cannot be checked, so only the age of its lock counts.
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: 'elsewhere' }));
    let waited = 0;
    const waiting = withLock(path, async () => 2, { pollEvery: 1, onWait: () => waited++ });
    await new Promise((done) => setTimeout(done, 30));
    expect(waited).toBe(1);
    const longAgo = new Date(Date.now() - 600_000);
    utimesSync(path, longAgo, longAgo);
    expect(await waiting).toBe(2);
  });

  it('lets only one caller at a time take over from a dead holder', async () => {
    for (let round = 0; round < 40; round++) {
      writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
      let inside = 0;
      let most = 0;
      const body = async () => {
        most = Math.max(most, ++inside);
        await new Promise((done) => setTimeout(done, 2));
        inside--;
      };
      await Promise.all(Array.from({ length: 4 }, () => withLock(path, body, { pollEvery: 1 })));
      expect(most).toBe(1);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('reports a folder that cannot be written to', async () => {
    await expect(withLock(join(folder, 'none', 'a.lock'), async () => 1)).rejects.toThrow(FileError);
  });
});
