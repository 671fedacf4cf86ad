import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dtype } from '../../src/dtype.js';
import { DeviceError, ReleasedError } from '../../src/errors.js';
import { memory } from '../../src/index.js';
import { backendOf } from '../../src/tensor/device.js';
import { copyTo, fromHost, moveTensor, prepareCopy, writeValues } from '../../src/tensor/host.js';
import { scope } from '../../src/tensor/memory/scope.js';
import { alias } from '../../src/tensor/run.js';
import { anyDtype, fill, product, seeds, shapes, valuesOf } from '../helpers/arbitraries.js';
import { distant } from '../helpers/distant.js';
import { reference } from '../helpers/tensors.js';

const cpu = backendOf('cpu');
const backends = { reference, cpu, distant };

/** Values without -0, which integers do not have. */
function valuesFor(shape: readonly number[], dtype: Dtype, seed: number): Float64Array {
  return fill(valuesOf(dtype), product(shape), seed).map((value) => value + 0);
}

const cases = fc.record({ shape: shapes({ maxSize: 200 }), dtype: anyDtype, seed: seeds });

describe('values of the host', () => {
  it('make a tensor on any device, and can be read back', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.constantFrom('reference', 'cpu', 'distant'), async ({ shape, dtype, seed }, name) => {
        const backend = backends[name];
        const values = valuesFor(shape, dtype, seed);
        const t = fromHost('made', values, shape, dtype, backend);
        expect([t.shape, t.dtype, t.device, t.madeBy]).toEqual([shape, dtype, backend.name, 'made']);
        expect(Array.from(await t.data())).toEqual(Array.from(values));
        t.dispose();
      }),
    );
  });

  it('make a tensor on the current device by default', () => {
    expect(fromHost('made', [1], [1], 'int32').device).toBe('reference');
  });

  it('are written over a part of a tensor, converted to its dtype', () => {
    const t = fromHost('made', [1, 2, 3, 4], [4], 'uint8', cpu);
    writeValues('test', t, [300, -5.5], 1);
    expect([...t.dataSync()]).toEqual([1, 255, 0, 4]);
    writeValues('test', t, [9]);
    expect([...t.dataSync()]).toEqual([9, 255, 0, 4]);
    t.dispose();
    expect(() => writeValues('test', t, [9])).toThrow(ReleasedError);
  });
});

describe('copies across devices', () => {
  it('have the values, shape and dtype of the original, and separate memory', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom('reference', 'cpu'), ({ shape, dtype, seed }, name) => {
        const backend = backends[name];
        const values = valuesFor(shape, dtype, seed);
        const x = fromHost('made', values, shape, dtype, cpu);
        const y = copyTo('copied', x, backend);
        expect([y.device, y.madeBy]).toEqual([backend.name, 'copied']);
        expect(y).toEqual(x);
        writeValues(
          'test',
          x,
          values.map((value) => (value === 1 ? 0 : 1)),
        );
        expect(Array.from(y.dataSync())).toEqual(Array.from(values));
      }),
    );
  });

  it('need a device with synchronous reads', () => {
    const far = fromHost('made', [1], [1], 'float32', distant);
    expect(() => copyTo('copied', far, cpu)).toThrow(DeviceError);
    expect(() => prepareCopy('test', fromHost('made', [1], [1], 'float32', cpu), far)).toThrow(
      'got distant; use await t.data()',
    );
  });

  it('into a tensor are made when the function is called, converted to its dtype', () => {
    for (const backend of [reference, cpu]) {
      const to = fromHost('made', [1, 2], [2], 'int32', reference);
      const from = fromHost('made', [3.75, -4.25], [2], 'float32', backend);
      const copy = prepareCopy('test', to, from);
      expect([...to.dataSync()]).toEqual([1, 2]);
      copy();
      expect([...to.dataSync()]).toEqual([3, -4]);
    }
    const [far, farther] = [1, 2].map((value) => fromHost('made', [value], [1], 'float32', distant));
    expect(() => prepareCopy('test', far, farther)()).not.toThrow();
  });
});

describe('a tensor that moves', () => {
  it('stays the same object, and moves synchronously if its device can be read synchronously', async () => {
    const before = memory('reference');
    scope(() => {
      const t = fromHost('made', [1, 2, 3], [3], 'float32', reference);
      const other = alias('alias', t, [3]);
      expect(moveTensor(t, 'reference')).toBeUndefined();
      expect(moveTensor(t, 'cpu')).toBeUndefined();
      expect([t.device, other.device]).toEqual(['cpu', 'reference']);
      expect(t).toEqual(other);
    });
    expect(memory('reference')).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
    const far = fromHost('made', [1, 2], [2], 'float32', distant);
    const moved = moveTensor(far, 'cpu');
    expect([moved instanceof Promise, far.device]).toEqual([true, 'distant']);
    await moved;
    expect([far.device, ...far.dataSync()]).toEqual(['cpu', 1, 2]);
  });

  it('stays where it is if there is no such device', () => {
    const t = fromHost('made', [1], [1], 'float32', reference);
    expect(() => moveTensor(t, 'tpu')).toThrow(DeviceError);
    expect(t.device).toBe('reference');
    t.dispose();
    expect(() => moveTensor(t, 'cpu')).toThrow(ReleasedError);
  });
});
