import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FileError } from '../../src/errors.js';
import { withLock } from '../../src/io/node/lock.js';
import { isRunning, parseProcessName, processName } from '../../src/io/node/process-name.js';
import { root } from '../helpers/sources.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-lock-'));
const path = join(folder, 'lock');
beforeEach(() => rmSync(path, { recursive: true, force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Puts the file of a holder into the lock, last touched `age` milliseconds ago. */
function hold(name: string, age = 0): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, `${name}.00000000`), '');
  const moment = new Date(Date.now() - age);
  utimesSync(join(path, `${name}.00000000`), moment, moment);
}

/** Starts a program that imports withLock as `withLock`. */
function program(body: string) {
  const script = `import { withLock } from './src/io/node/lock.ts';\n${body}`;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const holdForever = `await withLock(${JSON.stringify(path)}, async () => { console.log('held'); await new Promise((r) => setTimeout(r, 1e6)); });`;

const [host, machine, pid, start] = processName().split('.');
const giveUp = (holder: { pid: number; host: string }) => {
  throw new Error(`held by ${holder.pid} on ${holder.host}`);
};

describe('withLock', () => {
  it('runs one body at a time and removes its folder', async () => {
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

  it('gives up where onWait throws, and names the holder', async () => {
    await withLock(path, async () => {
      await expect(withLock(path, async () => 1, { onWait: giveUp })).rejects.toThrow(
        `held by ${process.pid} on ${host}`,
      );
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is free at once after kill -9 of its holder', async () => {
    const child = program(holdForever);
    await once(child.stdout, 'data');
    await expect(withLock(path, async () => 1, { onWait: giveUp })).rejects.toThrow(`held by ${child.pid} on`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readdirSync(path)).toHaveLength(1);
    expect(await withLock(path, async () => 2, { onWait: giveUp })).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['of a process that does not exist', `${host}.${machine}.${2 ** 22 + 1}.1`, 0],
    ['dated in the future', `${host}.${machine}.${2 ** 22 + 1}.1`, -1e9],
    ['of an earlier process with the id of a running one', `${host}.${machine}.${pid}.${Number(start) - 1}`, 0],
    ['of another machine that was touched two minutes ago', `${host}.00000000.${pid}.${start}`, 120_000],
    ['of another machine that is dated in the future', `elsewhere.00000000.1.1`, -120_000],
    ['that is none', 'notes', 0],
  ])('ignores a file %s', async (_, name, age) => {
    hold(name, age);
    expect(await withLock(path, async () => 1, { onWait: giveUp })).toBe(1);
  });

  it.each([
    ['of this process', `${host}.${machine}.${pid}.${start}`, 1e9],
    ['of another machine that was touched just now', `elsewhere.00000000.1.1`, 10_000],
    ['of another container with the same host name', `${host}.00000000.${2 ** 22 + 1}.1`, 10_000],
  ])('waits for a file %s', async (_, name, age) => {
    hold(name, age);
    await expect(withLock(path, async () => 1, { onWait: giveUp })).rejects.toThrow('held by');
    let waited = 0;
    const waiting = withLock(path, async () => 2, { pollEvery: 1, onWait: () => waited++ });
    await new Promise((done) => setTimeout(done, 400));
    expect(waited).toBe(1);
    rmSync(join(path, `${name}.00000000`));
    expect(await waiting).toBe(2);
  });

  it('lets one process at a time in, while others are killed', async () => {
    const log = join(folder, 'log');
    writeFileSync(log, '');
    const children = Array.from({ length: 4 }, (_, i) =>
      program(`
        import { appendFileSync } from 'node:fs';
        for (let n = 0; n < 60; n++) {
          await withLock(${JSON.stringify(path)}, async () => {
            appendFileSync(${JSON.stringify(log)}, '${i} in\\n');
            await new Promise((r) => setTimeout(r, 2));
            appendFileSync(${JSON.stringify(log)}, '${i} out\\n');
          }, { pollEvery: 2 });
        }`),
    );
    const until = async (lines: number) => {
      while (readFileSync(log, 'utf8').split('\n').length <= lines) await new Promise((r) => setTimeout(r, 5));
    };
    await until(20);
    children[0].kill('SIGKILL');
    await until(60);
    children[1].kill('SIGKILL');
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    let inside: string | null = null;
    for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
      const [who, what] = line.split(' ');
      // only a killed process does not come out
      if (what === 'in' && inside !== null) expect(['0', '1']).toContain(inside);
      if (what === 'out') expect(inside).toBe(who);
      inside = what === 'in' ? who : null;
    }
    expect(readdirSync(folder)).toEqual(['log']);
    rmSync(log);
  });

  it.runIf(process.platform === 'linux')(
    'is free when its holder was killed and its parent takes no note',
    async () => {
      const script = `import { spawn } from 'node:child_process';
      const child = spawn(process.argv[0], ['--import', 'tsx', '--input-type=module', '-e', ${JSON.stringify(
        `import { withLock } from './src/io/node/lock.ts';\n${holdForever}`,
      )}], { stdio: ['ignore', 'pipe', 'inherit'] });
      child.stdout.once('data', () => {
        child.kill('SIGKILL');
        console.log('killed');
        // a parent that is busy does not reap its child
        const end = Date.now() + 5000;
        while (Date.now() < end);
      });`;
      const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(parent.stdout, 'data');
      await new Promise((done) => setTimeout(done, 200));
      expect(await withLock(path, async () => 3, { onWait: giveUp })).toBe(3);
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    },
  );

  it('is released where it was taken, though the program changes its folder', async () => {
    const home = process.cwd();
    process.chdir(folder);
    try {
      await withLock('lock', async () => process.chdir(tmpdir()));
    } finally {
      process.chdir(home);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('reports a folder that cannot be written to', async () => {
    await expect(withLock(join(folder, 'none', 'lock'), async () => 1)).rejects.toThrow(FileError);
  });
});

it('the name of a process says whether it runs', () => {
  expect(parseProcessName(processName())).toEqual({ host, pid: process.pid });
  expect(isRunning(processName())).toBe(true);
  // without its start, another process may have its id
  expect(isRunning(`${host}.${machine}.${process.ppid}.`)).toBeNull();
  expect(isRunning(`${host}.${machine}.${2 ** 22 + 1}.1`)).toBe(false);
  expect(isRunning(`${host}.00000000.${pid}.${start}`)).toBeNull();
  expect(isRunning('a text')).toBeNull();
});
