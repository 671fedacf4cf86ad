import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../../src/backends/cpu/backend.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { bytesOf, type Dtype } from '../../../src/dtype.js';
import { OutOfMemoryError, ValueError } from '../../../src/errors.js';
import type { Operand } from '../../../src/tensor/backend.js';

const engine = new CpuRuntime({ threads: 1, mostPages: 1024 });
const backend = new CpuBackend(engine);

function operand(shape: readonly number[], dtype: Dtype, values: ArrayLike<number>): Operand<number> {
  const size = shape.reduce((a, b) => a * b, 1);
  const x = { shape, dtype, size, handle: backend.allocate(dtype, size) };
  backend.write(x, values);
  return x;
}

describe('CpuBackend', () => {
  it('describes the engine that it runs on', () => {
    expect(backend.info()).toEqual({
      name: 'cpu',
      description: 'WebAssembly SIMD kernels',
      threads: 1,
      arithmetic: 'float32 with fused multiply-add',
      features: ['simd', 'relaxed-simd', 'shared-memory'],
    });
  });

  it.each<{ dtype: Dtype; stored: number[] }>([
    { dtype: 'float32', stored: [0, Math.fround(1.7), -2.5, 300, Infinity, Number.NaN] },
    { dtype: 'int32', stored: [0, 1, -2, 300, 2147483647, 0] },
    { dtype: 'uint8', stored: [0, 1, 0, 255, 255, 0] },
    { dtype: 'bool', stored: [0, 1, 1, 1, 1, 1] },
  ])('converts what is written to $dtype', async ({ dtype, stored }) => {
    const given = [0, 1.7, -2.5, 300, Number.POSITIVE_INFINITY, Number.NaN];
    for (const values of [given, Float64Array.from(given), Float32Array.from(given)]) {
      const x = operand([6], dtype, values);
      expect(Array.from(await backend.read(x))).toEqual(stored);
      backend.write(x, [7, 1], 2);
      const written = dtype === 'bool' ? [1, 1] : [7, 1];
      expect(Array.from(backend.readSync(x))).toEqual([...stored.slice(0, 2), ...written, ...stored.slice(4)]);
      backend.release(x.handle);
    }
  });

  it('accepts typed arrays of another type by value', () => {
    const bytes = Uint8Array.of(0, 1, 2, 255);
    expect(Array.from(backend.readSync(operand([4], 'int32', bytes)))).toEqual([0, 1, 2, 255]);
    expect(Array.from(backend.readSync(operand([4], 'bool', bytes)))).toEqual([0, 1, 1, 1]);
    expect(Array.from(backend.readSync(operand([3], 'uint8', Int32Array.of(-1, 7, 256))))).toEqual([0, 7, 255]);
    expect(Array.from(backend.readSync(operand([2], 'int32', Uint32Array.of(2 ** 32 - 1, 5))))).toEqual([
      2 ** 31 - 1,
      5,
    ]);
  });

  it('reads separate copies, which later writes do not change', () => {
    const x = operand([2], 'float32', [1, 2]);
    const copy = backend.readSync(x);
    backend.write(x, [3, 4]);
    expect(Array.from(copy)).toEqual([1, 2]);
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('rejects indices outside the axis before any kernel runs', () => {
    const x = operand([2, 3], 'float32', [1, 2, 3, 4, 5, 6]);
    const out = operand([2, 2], 'float32', [0, 0, 0, 0]);
    for (const bad of [-1, 3, 2147483647, -2147483648]) {
      const index = operand([2, 2], 'int32', [0, 1, bad, 2]);
      const message = `expected indices in [0, 3), got ${bad}`;
      expect(() => backend.gather(x, index, out, 1)).toThrow(ValueError);
      expect(() => backend.gather(x, index, out, 1)).toThrow(`gather: ${message}`);
      expect(() => backend.scatterAdd(x, index, out, 1)).toThrow(`scatterAdd: ${message}`);
      const list = operand([2], 'int32', [0, bad]);
      expect(() => backend.indexSelect(x, list, out, 1)).toThrow(`indexSelect: ${message}`);
      expect(() => backend.indexAdd(x, list, out, 1)).toThrow(`indexAdd: ${message}`);
    }
    expect(Array.from(backend.readSync(x))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(Array.from(backend.readSync(out))).toEqual([0, 0, 0, 0]);
  });

  it('draws random numbers of any dtype', () => {
    const stream = { seed: 5, counter: 3 };
    const whole = operand([40], 'int32', []);
    const real = operand([40], 'float32', []);
    backend.random(whole, { kind: 'integer', low: -3, high: 300 }, stream);
    backend.random(real, { kind: 'integer', low: -3, high: 300 }, stream);
    expect(Array.from(backend.readSync(real))).toEqual(Array.from(backend.readSync(whole)));
    const bytes = operand([40], 'uint8', []);
    backend.random(bytes, { kind: 'integer', low: -3, high: 300 }, stream);
    const clamped = Array.from(backend.readSync(whole), (value) => Math.min(255, Math.max(0, value)));
    expect(Array.from(backend.readSync(bytes))).toEqual(clamped);
  });

  it('throws when the memory is full, and works afterwards', () => {
    const used = engine.usedBytes;
    expect(() => backend.allocate('float32', 2 ** 25)).toThrow(OutOfMemoryError);
    const handle = backend.allocate('float32', 2 ** 22);
    expect(engine.usedBytes - used).toBe(2 ** 22 * bytesOf('float32'));
    backend.release(handle);
    expect(engine.usedBytes).toBe(used);
  });
});
