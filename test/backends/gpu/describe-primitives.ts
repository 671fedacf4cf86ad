import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GpuMode } from '../../../src/backends/gpu/device/gpu-js.js';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import { DeviceError } from '../../../src/errors.js';
import { close } from '../../helpers/close.js';
import { operandOn } from '../../helpers/operands.js';
import { agree, type Call, results } from '../calls/call.js';
import { calls } from '../calls/index.js';
import { startedIn } from './started.js';

const reference = new ReferenceBackend();

/** Integers are exact in float32 up to here. */
const exact = 2 ** 24;

/** Excluded, because its intermediate results may wrap around and their magnitude is unknown. */
const { 'map: any integer formula': _, ...suitable } = calls;

/** True if all integers of a call are exact in float32. */
async function isExact(c: Call): Promise<boolean> {
  const whole = Object.values(c.tensors).some(({ dtype }) => dtype !== 'float32');
  if (!whole) return true;
  // intermediate products may wrap around without showing in the result
  if (c.label.includes('prod')) return false;
  const small = (values: ArrayLike<number>) =>
    Array.from(values).every((x) => !(Number.isFinite(x) && Math.abs(x) > exact));
  const range =
    c.label
      .match(/"low":(-?\d+),"high":(-?\d+)/)
      ?.slice(1)
      .map(Number) ?? [];
  if (!small(range)) return false;
  const given = Object.entries(c.tensors).filter(([name]) => !c.outputs.includes(name));
  if (!given.every(([, { values }]) => small(values))) return false;
  return Object.values(await results(reference, c)).every(small);
}

/** Compares the primitives of a mode of GPU.js with `reference`, in `numRuns` random calls of each. */
export function describePrimitives(mode: GpuMode, numRuns: number): void {
  const backend = startedIn(mode);

  describe(`gpu:${mode} agrees with reference`, () => {
    for (const [primitive, arbitrary] of Object.entries(suitable)) {
      it(`in ${primitive}`, async () => {
        await fc.assert(
          // some kernels compute four elements per thread if a tensor fills its memory
          fc.asyncProperty(arbitrary(200), fc.boolean(), async (c, fills) => {
            fc.pre(await isExact(c));
            await agree(backend(), reference, c, fills ? 0 : undefined);
          }),
          { numRuns },
        );
      });
    }
  });

  describe(`gpu:${mode} queues`, () => {
    it('failures, which reject reads of what should have been written', async () => {
      const size = 2 ** 24 + 1;
      const x = { shape: [size], dtype: 'float32', size, handle: backend().allocate('float32', size) } as const;
      backend().write(x, [1]);
      await expect(backend().read(x)).rejects.toThrow(DeviceError);
      await expect(backend().read(x)).rejects.toThrow(
        /gpu: expected tensors of at most 16777216 elements, got 16777217/,
      );
      backend().release(x.handle);
    });

    it('calls in order, without waiting for them', async () => {
      const x = operandOn(backend(), [3], [1, 2, 3]);
      const y = operandOn(backend(), [3], [0, 0, 0]);
      const walk = { shape: [3], fromOffset: 0, fromStrides: [1], toOffset: 0, toStrides: [1] };
      backend().copy(x, y, walk);
      backend().write(x, [7], 1);
      const before = backend().read(y);
      backend().copy(x, y, walk);
      close(await before, [1, 2, 3], 0);
      close(await backend().read(y), [1, 7, 3], 0);
      for (const { handle } of [x, y]) backend().release(handle);
    });
  });
}
