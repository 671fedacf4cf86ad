import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/backends/cpu/backend.js';
import { CpuRuntime } from '../../src/backends/cpu/runtime.js';
import { getThreads, setThreads } from '../../src/backends/cpu/threads/threads.js';
import { type Call, results } from '../backends/calls/call.js';
import { calls } from '../backends/calls/index.js';
import { close } from '../helpers/close.js';

const engines = [1, 2, 3].map((threads) => new CpuRuntime({ threads, mostPages: 8192 }));
const [alone, ...shared] = engines.map((engine) => new CpuBackend(engine));

beforeAll(async () => {
  for (const engine of engines) {
    // a job does not wait for workers that are still starting: without them, no work would be shared
    while (engine.workers < engine.threads - 1) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});

afterAll(() => {
  for (const engine of engines) engine.resize(1);
});

/** The bits of every tensor after a call, as words or bytes, including the bits of NaN. */
async function bits(backend: CpuBackend, call: Call): Promise<Record<string, ArrayLike<number>>> {
  const after = Object.entries(await results(backend, call));
  return Object.fromEntries(
    after.map(([name, values]) => [name, values instanceof Float32Array ? new Int32Array(values.buffer) : values]),
  );
}

describe('results are bitwise the same with any number of threads', () => {
  for (const [primitive, arbitrary] of Object.entries(calls)) {
    it(`in ${primitive}`, async () => {
      // large enough that there is work to share
      await fc.assert(
        fc.asyncProperty(fc.noBias(arbitrary(60000)), async (call) => {
          const wanted = await bits(alone, call);
          for (const backend of shared) {
            const actual = await bits(backend, call);
            const what = `${call.label}, ${backend.info().threads} threads`;
            for (const name of call.outputs) close(actual[name], wanted[name], 0, 0, { what: `${name} of ${what}` });
          }
        }),
        { numRuns: 25 },
      );
    });
  }
});

it('setThreads changes how many threads the running backend uses', () => {
  const before = getThreads();
  const backend = new CpuBackend(new CpuRuntime({ threads: 1, mostPages: 1024 }));
  for (const threads of [3, 1]) {
    setThreads(threads);
    expect([getThreads(), backend.info().threads]).toEqual([threads, threads]);
  }
  setThreads(before);
});
