import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../src/tensor/errors.js';
import type { GpuBackend } from '../../../src/tensor/gpu/backend.js';
import { startGpu } from '../../../src/tensor/gpu/start.js';
import { ReferenceBackend } from '../../../src/tensor/reference/backend.js';
import { close } from '../../helpers/close.js';
import { operandOn } from '../../helpers/operands.js';
import { agree, type Call, results } from '../calls/call.js';
import { calls } from '../calls/index.js';

const reference = new ReferenceBackend();

/** Whole numbers are exact in float32 up to here. */
const exact = 2 ** 24;

/** Wraps around in the middle, where nobody can see how large its numbers are. */
const { 'map: any integer formula': _, ...suitable } = calls;

/** Whether all whole numbers of a call are exact in float32. */
async function isExact(c: Call): Promise<boolean> {
  const whole = Object.values(c.tensors).some(({ dtype }) => dtype !== 'float32');
  if (!whole) return true;
  // wraps around long before its result can show it
  if (c.label.includes('prod')) return false;
  const small = (values: ArrayLike<number>) =>
    Array.from(values).every((x) => !(Number.isFinite(x) && Math.abs(x) > exact));
  const given = Object.entries(c.tensors).filter(([name]) => !c.outputs.includes(name));
  if (!given.every(([, { values }]) => small(values))) return false;
  return Object.values(await results(reference, c)).every(small);
}

describe.each(['cpu', 'webasm'] as const)('gpu:%s', (mode) => {
  let backend: GpuBackend;
  beforeAll(async () => {
    backend = await startGpu(`gpu:${mode}`, mode);
  });

  for (const [primitive, arbitrary] of Object.entries(suitable)) {
    it(`agrees with reference in ${primitive}`, async () => {
      let held = 0;
      await fc.assert(
        fc.asyncProperty(arbitrary(200), async (c) => {
          if (!(await isExact(c))) return;
          // some kernels give four elements a thread where a tensor fills its memory
          await agree(backend, reference, c, held % 2 === 0 ? undefined : 0);
          held++;
        }),
        { numRuns: 40 },
      );
      expect(held).toBeGreaterThan(5);
    });
  }

  it('refuses a tensor whose elements it cannot count, when it is read', async () => {
    const x = {
      shape: [2 ** 24 + 1],
      dtype: 'float32',
      size: 2 ** 24 + 1,
      handle: backend.allocate('float32', 2 ** 24 + 1),
    } as const;
    backend.write(x, [1]);
    await expect(backend.read(x)).rejects.toThrow(DeviceError);
    await expect(backend.read(x)).rejects.toThrow(/gpu: expected tensors of at most 16777216 elements, got 16777217/);
    backend.release(x.handle);
  });

  it('runs calls in order, without anybody waiting for them', async () => {
    const x = operandOn(backend, [3], [1, 2, 3]);
    const y = operandOn(backend, [3], [0, 0, 0]);
    const walk = { shape: [3], fromOffset: 0, fromStrides: [1], toOffset: 0, toStrides: [1] };
    backend.copy(x, y, walk);
    backend.write(x, [7], 1);
    const before = backend.read(y);
    backend.copy(x, y, walk);
    close(await before, [1, 2, 3], 0);
    close(await backend.read(y), [1, 7, 3], 0);
  });
});
