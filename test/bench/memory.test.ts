import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { readResident, residentOf } from '../../bench/memory.js';

describe('the resident memory of a process', () => {
  it('is read from the text of the system', () => {
    const text = 'Name:\tnode\nVmPeak:\t  900 kB\nVmHWM:\t  300 kB\nVmRSS:\t  200 kB\nThreads:\t3\n';
    expect(readResident(text)).toEqual({ now: 200 * 1024, peak: 300 * 1024 });
    expect(readResident('Name:\tnode\nState:\tZ (zombie)\n')).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('is that of this process, with a peak that stays', async () => {
    const before = residentOf(process.pid)!;
    let buffer: Buffer | null = Buffer.alloc(200e6, 1);
    const [full, peak] = [residentOf(process.pid)!.now, residentOf(process.pid)!.peak];
    expect(buffer[buffer.length - 1]).toBe(1);
    buffer = null;
    expect(full - before.now).toBeGreaterThan(150e6);
    expect(peak).toBeGreaterThan(before.now + 150e6);
    expect(residentOf(process.pid)!.peak).toBeGreaterThanOrEqual(peak);
  });

  it.runIf(process.platform === 'linux')('does not count the program that started the process', async () => {
    const large = Buffer.alloc(400e6, 1);
    const child = spawn(process.execPath, ['-e', 'process.stdin.on("data", () => {}); console.log()']);
    await once(child.stdout, 'data');
    const { peak } = residentOf(child.pid)!;
    child.kill();
    expect(peak).toBeLessThan(large.length);
  });

  it('is not known of processes that did not start or have ended', async () => {
    expect(residentOf(undefined)).toBeUndefined();
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'close');
    expect(residentOf(child.pid)).toBeUndefined();
  });
});
