import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../../src/backends/cpu/backend.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import { agree } from '../calls/call.js';
import { calls } from '../calls/index.js';

const engine = new CpuRuntime({ threads: 2 });
// untouched memory uses no physical memory
const [low, high] = [engine.allocate(2 ** 31), engine.allocate(2 ** 30)];
const cpu = new CpuBackend(engine);
const reference = new ReferenceBackend();

describe('beyond 3 GiB, where pointers are negative as signed numbers', () => {
  it('is where tensors are allocated', () => {
    const handle = cpu.allocate('float32', 1);
    expect(handle).toBeGreaterThan(3 * 2 ** 30);
    cpu.release(handle);
    expect(high).toBeGreaterThan(low);
  });

  for (const [primitive, arbitrary] of Object.entries(calls)) {
    it(`${primitive} agrees with reference`, async () => {
      await fc.assert(
        // rounding is tested elsewhere; a wrong address causes large differences
        fc.asyncProperty(fc.noBias(arbitrary(2000)), (call) =>
          agree(cpu, reference, { ...call, rtol: 20 * call.rtol, atol: 20 * call.atol }),
        ),
        { numRuns: 20 },
      );
    });
  }
});
