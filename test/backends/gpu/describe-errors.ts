import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { GpuMode } from '../../../src/backends/gpu/device/gpu-js.js';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import { DeviceError, ValueError } from '../../../src/errors.js';
import { formula } from '../../../src/formula/formula.js';
import { indexSelect, nn, ones, randint, setDevice, tensor, zeros } from '../../../src/index.js';
import { type Call, results } from '../calls/call.js';
import { calls } from '../calls/index.js';
import { startedIn } from './started.js';

const reference = new ReferenceBackend();
const { crossEntropy, embedding, nllLoss, oneHot } = nn.functional;
const labels = (...values: number[]) => tensor(values, { dtype: 'int32' });

/** The call with one index replaced. */
function withIndex(c: Call, at: number, value: number): Call {
  const { index } = c.tensors;
  const values = Float64Array.from(index.values);
  values[at % values.length] = value;
  return { ...c, tensors: { ...c.tensors, index: { ...index, values } } };
}

/** Tests the errors of a mode of GPU.js: kernels cannot throw, so the next read rejects. */
export function describeErrors(mode: GpuMode, numRuns: number): void {
  const name = `gpu:${mode}`;
  const backend = startedIn(mode);
  afterEach(() => setDevice('cpu'));

  describe(`an index outside its axis on ${name}`, () => {
    it.each(['gather', 'scatterAdd', 'indexSelect', 'indexAdd'])('rejects as reference does in %s', async (op) => {
      await fc.assert(
        fc.asyncProperty(
          calls[op](60).filter((c) => c.tensors.index.values.length > 0),
          fc.nat(),
          fc.oneof(fc.integer({ min: -1000, max: -1 }), fc.integer({ min: 61, max: 2 ** 22 })),
          fc.boolean(),
          async (fine, at, value, fills) => {
            const c = withIndex(fine, at, value);
            const margin = fills ? 0 : undefined;
            const { message } = (await results(reference, c).catch((error: Error) => error)) as Error;
            expect(message).toMatch(new RegExp(`^${op}: expected indices in \\[0, \\d+\\), got ${value}$`));
            await expect(results(backend(), c, margin)).rejects.toThrow(message);
            // the error is reported once, and again if the index is used again
            await results(backend(), fine, margin);
            await expect(results(backend(), c, margin)).rejects.toThrow(ValueError);
          },
        ),
        { numRuns },
      );
    });

    it('rejects with the message of the function that it was passed to', async () => {
      await setDevice(name);
      const x = ones([2, 3]);
      await expect(crossEntropy(x, labels(0, 5)).data()).rejects.toThrow(
        'crossEntropy: expected labels in [0, 2], got 5',
      );
      await expect(nllLoss(x, labels(-1, 0)).data()).rejects.toThrow('nllLoss: expected labels in [0, 2], got -1');
      await expect(oneHot(labels(1, 2, 3), 3).data()).rejects.toThrow('oneHot: expected labels in [0, 2], got 3');
      await expect(embedding(labels(2), x).data()).rejects.toThrow('embedding: expected indices in [0, 1], got 2');
      expect((await crossEntropy(x, labels(-100, 2)).data())[0]).toBeCloseTo(Math.log(3));
    });

    it('selects NaN instead of another row, and rejects the next read of any tensor', async () => {
      await setDevice(name);
      const [x, y] = [ones([2, 2]), zeros([3])];
      const index = labels(1, 2);
      const rows = indexSelect(x, 0, index);
      const again = indexSelect(x, 0, index);
      await expect(y.data()).rejects.toThrow('indexSelect: expected indices in [0, 2), got 2');
      for (const made of [rows, again]) expect([...(await made.data())]).toEqual([1, 1, Number.NaN, Number.NaN]);
      expect([...(await y.data())]).toEqual([0, 0, 0]);
      // after an error, indices that were checked before are checked again
      indexSelect(x, 0, index).dispose();
      await expect(y.data()).rejects.toThrow(ValueError);
    });
  });

  it(`a reduction over more than kernels can count on ${name} is refused`, async () => {
    await setDevice(name);
    const [a, b] = [ones([4097, 1]), ones([1, 4097])];
    const out = { shape: [1, 1], dtype: 'float32', size: 1, handle: backend().allocate('float32', 1) } as const;
    const total = formula('y = sum(a * b)', { tensors: ['a', 'b', 'y'] });
    expect(() => backend().reduce(total, { a, b, y: out }, {})).toThrow(
      'gpu: expected tensors of at most 16777216 elements, got 16785409',
    );
    backend().release(out.handle);
  });

  describe(`integers beyond 2^24 on ${name}`, () => {
    const largest = 2 ** 24;

    it('are refused on write and read', async () => {
      await setDevice(name);
      const x = labels(largest, -largest);
      expect([...(await x.data())]).toEqual([largest, -largest]);
      await expect(x.mul(2).data()).rejects.toThrow(DeviceError);
      await expect(x.mul(2).data()).rejects.toThrow('expected integers from -16777216 to 16777216, got 33554432');
      expect([...(await x.mul(2).to('float32').data())]).toEqual([2 * largest, -2 * largest]);
      expect(() => labels(largest + 1)).toThrow(DeviceError);
      expect(() => labels(0, -largest - 1)).toThrow('got -16777217');
    });

    it('are not drawn', async () => {
      await setDevice(name);
      expect(() => randint(largest + 2, [3])).toThrow('expected integers from -16777216 to 16777216, got 16777217');
      expect(() => randint(-largest - 1, 0, [3])).toThrow(DeviceError);
      // in range, but with too large a difference
      expect(() => randint(-largest, largest, [3])).toThrow('got 33554432');
      const drawn = await randint(largest, largest + 1, [3]).data();
      expect([...drawn]).toEqual([largest, largest, largest]);
    });
  });
}
