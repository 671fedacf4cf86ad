import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../src/backends/reference/backend.js';
import { ReleasedError } from '../../src/errors.js';
import { memory, resetPeakMemory, Storage } from '../../src/tensor/memory/storage.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { reference, tensorOf } from '../helpers/tensors.js';

describe('memory', () => {
  it('counts bytes by dtype', () => {
    const start = memory('reference').bytes;
    const sizes = (['float32', 'int32', 'uint8', 'bool'] as const).map((dtype) => {
      const t = tensorOf([3, 5], new Array(15).fill(1), dtype);
      const bytes = memory('reference').bytes - start;
      t.dispose();
      return bytes;
    });
    expect(sizes).toEqual([60, 60, 15, 15]);
    expect(memory('reference').bytes).toBe(start);
  });

  it('records the peak of live bytes', () => {
    resetPeakMemory('reference');
    const start = memory('reference');
    expect(start.peakBytes).toBe(start.bytes);
    const a = tensorOf([100], []);
    tensorOf([50], []).dispose();
    a.dispose();
    tensorOf([120], []).dispose();
    expect(memory('reference').peakBytes).toBe(start.bytes + 600);
    resetPeakMemory('reference');
    expect(memory('reference').peakBytes).toBe(start.bytes);
  });

  it('is a snapshot', () => {
    const report = memory('reference');
    const t = tensorOf([1], [1]);
    expect(memory('reference').tensors).toBe(report.tensors + 1);
    t.dispose();
  });

  it('counts empty tensors', () => {
    const { tensors, bytes } = memory('reference');
    const t = tensorOf([0, 3], []);
    expect(memory('reference')).toMatchObject({ tensors: tensors + 1, bytes });
    expect(t.dataSync()).toHaveLength(0);
    t.dispose();
  });
});

describe('a storage', () => {
  it('is released by the last tensor over it, once', () => {
    const released: unknown[] = [];
    class Watched extends ReferenceBackend {
      override release(...handles: unknown[]) {
        released.push(handles[0]);
      }
    }
    const storage = new Storage(new Watched(), 'float32', 4);
    const a = Tensor.over(storage, [4], 'a');
    expect(storage.shared).toBe(false);
    const b = Tensor.over(storage, [2, 2], 'b');
    expect(storage.shared).toBe(true);
    a.dispose();
    a.dispose();
    expect([storage.shared, released]).toEqual([false, []]);
    b.dispose();
    b.dispose();
    expect(released).toEqual([storage.handle]);
  });

  it('can replace the storage of a tensor', () => {
    const { tensors, bytes } = memory('reference');
    const t = tensorOf([2], [1, 2]);
    const other = new Storage(reference, 'float32', 2);
    reference.write({ shape: [2], dtype: 'float32', size: 2, handle: other.handle }, [3, 4]);
    t.moveTo(other);
    expect(Array.from(t.dataSync())).toEqual([3, 4]);
    expect(memory('reference')).toMatchObject({ tensors: tensors + 1, bytes: bytes + 8 });
    t.moveTo(other);
    t.dispose();
    expect(() => t.moveTo(other)).toThrow(ReleasedError);
    expect(memory('reference')).toMatchObject({ tensors, bytes });
  });
});
