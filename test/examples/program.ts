import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

/** A process of an example, with what it has printed so far. */
export type Running = ChildProcess & { readonly printed: { out: string; err: string } };

/** A line of metrics.jsonl. */
export type Row = Record<string, number | string>;

/** Starts a bundled example in a folder. */
export function start(program: string, cwd: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [program, ...args], { cwd });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (text) => (printed.out += text));
  child.stderr.on('data', (text) => (printed.err += text));
  return Object.assign(child, { printed });
}

/** Waits until a process ends, and returns its exit code and output. */
export async function ended(child: Running): Promise<{ code: number; out: string; err: string }> {
  const [code] = await once(child, 'close');
  return { code, ...child.printed };
}

/** The lines of metrics.jsonl. */
export function metricsOf(out: string): Row[] {
  const text = readFileSync(join(out, 'metrics.jsonl'), 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** The same rows without measured times: seconds and the named speed. */
export function untimed(rows: readonly Row[], speed: string): Row[] {
  return rows.map(({ seconds, [speed]: perSecond, ...rest }) => {
    expect(seconds).toBeGreaterThan(0);
    expect(perSecond).toBeGreaterThan(0);
    return rest;
  });
}

/** Waits until a condition holds while a run continues. */
export async function until(child: Running, holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (child.exitCode !== null) expect.fail(`the run ended: ${child.printed.out}${child.printed.err}`);
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** Waits until a run has measured `count` epochs. */
export function measured(child: Running, out: string, count: number): Promise<void> {
  return until(child, () => existsSync(join(out, 'metrics.jsonl')) && metricsOf(out).length >= count);
}

/** Kills a run with SIGKILL as soon as its checkpoint is from the middle of an epoch. */
export async function killWithinEpoch(child: Running, out: string): Promise<void> {
  await until(child, () => stepsOf(out) > 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(stepsOf(out)).toBeGreaterThan(0);
}

/** The step within the current epoch of a run's checkpoint; 0 without a checkpoint. */
function stepsOf(out: string): number {
  const path = join(out, 'checkpoint.safetensors');
  if (!existsSync(path)) return 0;
  const file = readFileSync(path);
  const header = JSON.parse(file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE())));
  return JSON.parse(header.__metadata__.state).position.step;
}
