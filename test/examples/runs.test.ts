import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeCifarFolder } from '../helpers/cifar-folder.js';
import { bundleExample } from './bundle.js';
import { ended, measured, metricsOf, type Running, start as startProgram, until, untimed } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-runs-'));
const data = join(folder, 'data');
const out = join(folder, 'deep', 'run');
let program: string;
let whole: unknown;

const settings = ['--optimizer', 'sgd', '--train-size', '48', '--epochs', '3', '--seed', '5', '--data', data];
settings.push('--width', '2', '--batch-size', '8', '--test-size', '16', '--threads', '1');

const start = (...args: string[]): Running => startProgram(program, folder, [...settings, ...args]);
const run = (...args: string[]) => ended(start(...args));
const results = () => untimed(metricsOf(out), 'imagesPerSecond');

/** Waits until a run has a checkpoint. */
const training = (child: Running) => until(child, () => existsSync(join(out, 'checkpoint.safetensors')));

beforeAll(async () => {
  mkdirSync(data);
  writeCifarFolder(data, 100);
  program = await bundleExample('cifar');
  expect((await run('--out', out)).code).toBe(0);
  whole = results();
});
beforeEach(() => rmSync(join(folder, 'deep'), { recursive: true, force: true }));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program);
});

describe('one run has one writer', () => {
  it('refuses a second run in a folder, and a second resume, while the first goes on', async () => {
    const first = start('--out', out);
    await training(first);
    for (const flag of ['--out', '--resume']) {
      const second = await run(flag, out);
      expect(second.code).toBe(1);
      expect(second.err).toMatch(
        new RegExp(
          `^error: ${flag}: expected a folder that no other process is writing to, got .*run, which process ${first.pid} on \\S+ is using\n$`,
        ),
      );
    }
    expect((await ended(first)).code).toBe(0);
    expect(results()).toEqual(whole);
    expect(readdirSync(out).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'metrics.jsonl',
      'report.html',
      'sgd.safetensors',
    ]);
  });

  it('lets one of several runs that begin together train', async () => {
    const codes = (await Promise.all([1, 2, 3].map(() => run('--out', out)))).map(({ code }) => code);
    expect(codes.sort()).toEqual([0, 1, 1]);
    expect(results()).toEqual(whole);
  });

  it('takes over at once after kill -9, and removes half-written files', async () => {
    const child = start('--out', out);
    await measured(child, out, 1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = readdirSync(join(out, 'lock'));
    expect(lock).toHaveLength(1);
    const half = join(out, `.checkpoint.safetensors.${lock[0]}.part`);
    writeFileSync(half, 'half');
    expect((await run('--resume', out)).code).toBe(0);
    expect(existsSync(half)).toBe(false);
    expect(results()).toEqual(whole);
  });
});

describe('a start that fails', () => {
  it.each([
    ['without data', ['--data', join(folder, 'none')]],
    ['with data that is a folder of something else', ['--data', folder]],
  ])('%s leaves no folder', async (_, args) => {
    expect((await run('--out', out, ...args)).code).toBe(1);
    expect(existsSync(join(folder, 'deep'))).toBe(false);
  });

  it('leaves a folder that was there as it was', async () => {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'notes.txt'), 'mine');
    expect((await run('--out', out, '--data', folder)).code).toBe(1);
    expect(readdirSync(out)).toEqual(['notes.txt']);
  });
});

describe.runIf(process.platform !== 'win32')('a run whose surroundings go away', () => {
  it.each(['SIGHUP', 'SIGTERM'] as const)('ends with a checkpoint on %s', async (signal) => {
    const child = start('--out', out);
    await measured(child, out, 1);
    child.kill(signal);
    const { code, err } = await ended(child);
    expect(code).toBe(130);
    expect(err).toMatch(/^stopped in epoch \d of sgd, after step \d of 6; to resume, use --resume /);
    expect((await run('--resume', out)).code).toBe(0);
    expect(results()).toEqual(whole);
  });

  it('survives a Ctrl-C that npm passes on a moment later', async () => {
    const child = start('--out', out);
    await measured(child, out, 1);
    child.kill('SIGINT');
    await new Promise((done) => setTimeout(done, 5));
    child.kill('SIGINT');
    expect((await ended(child)).err).toMatch(/^stopped in epoch/);
    expect((await run('--resume', out)).code).toBe(0);
    expect(results()).toEqual(whole);
  });

  it('ends with a checkpoint when nobody reads its output any more', async () => {
    const child = start('--out', out);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.stdout?.destroy();
    const { code, err } = await ended(child);
    expect(code).toBe(130);
    expect(err).toMatch(/^stopped in epoch/);
    expect((await run('--resume', out)).code).toBe(0);
    expect(results()).toEqual(whole);
  });

  it('ends with a checkpoint when both outputs are closed', async () => {
    const child = start('--out', out);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.stdout?.destroy();
    child.stderr?.destroy();
    expect((await ended(child)).code).toBe(130);
    expect((await run('--resume', out)).code).toBe(0);
    expect(results()).toEqual(whole);
  });

  it('leaves no folder if it is stopped before it trains', async () => {
    // data that take long to open keep the program from training until the signal comes
    const slow = join(folder, 'slow.mjs');
    writeFileSync(
      slow,
      `import { promises } from 'node:fs';
       const { open } = promises;
       promises.open = async (path, ...rest) => {
         if (String(path).endsWith('.bin')) await new Promise((done) => setTimeout(done, 30_000));
         return open(path, ...rest);
       };`,
    );
    const child = spawn(process.execPath, ['--import', slow, program, ...settings, '--out', out], { cwd: folder });
    while (!existsSync(join(out, 'config.json'))) await new Promise((done) => setTimeout(done, 5));
    await new Promise((done) => setTimeout(done, 300));
    expect(existsSync(join(out, 'checkpoint.safetensors'))).toBe(false);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(existsSync(join(folder, 'deep'))).toBe(false);
  });
});
