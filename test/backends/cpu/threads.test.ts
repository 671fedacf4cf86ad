import { availableParallelism } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { CpuBackend } from '../../../src/backends/cpu/backend.js';
import { getThreads, setThreads } from '../../../src/backends/cpu/threads/threads.js';
import { ValueError } from '../../../src/errors.js';

const before = getThreads();
afterEach(() => setThreads(before));

describe('setThreads', () => {
  it('defaults to the number of cores, at most eight', () => {
    expect(before).toBe(Math.min(8, availableParallelism()));
  });

  it('determines the threads of the backend, initially and later', () => {
    setThreads(3);
    const backend = new CpuBackend();
    expect(backend.info().threads).toBe(3);
    setThreads(1);
    expect(getThreads()).toBe(1);
    expect(backend.info().threads).toBe(1);
    setThreads(64);
    expect(backend.info().threads).toBe(64);
  });

  it.each([0, -1, 65, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('rejects %s', (threads) => {
    expect(() => setThreads(threads)).toThrow(ValueError);
    expect(() => setThreads(threads)).toThrow(`expected an integer from 1 to 64, got ${threads}`);
    expect(getThreads()).toBe(before);
  });
});
