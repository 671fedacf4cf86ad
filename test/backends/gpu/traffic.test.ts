import { beforeAll, describe, expect, it } from 'vitest';
import { GpuBackend } from '../../../src/backends/gpu/backend.js';
import { startRuntime } from '../../../src/backends/gpu/device/runtime.js';
import { loadLibrary } from '../../../src/backends/gpu/device/start.js';
import { formula } from '../../../src/formula/formula.js';
import { operandOn } from '../../helpers/operands.js';

let backend: GpuBackend;
beforeAll(async () => {
  const { GPU } = await loadLibrary();
  backend = new GpuBackend('gpu:cpu', await startRuntime(new GPU({ mode: 'cpu' }), 'cpu'));
});

const size = 8;
const some = () => operandOn(backend, [size], [1, 2, 3, 4, 5, 6, 7, 8]);
const fresh = () => ({
  shape: [size],
  dtype: 'float32' as const,
  size,
  handle: backend.allocate('float32', size),
});

/** The number of tensors of `size` elements that kernels read and wrote in `work`. */
async function tensorsMoved(work: () => void): Promise<number> {
  const before = await backend.counters();
  work();
  const after = await backend.counters();
  return (after.bytesMoved - before.bytesMoved) / (4 * size);
}

describe('kernels read no more than they need:', () => {
  it('for a formula with several outputs, only what each depends on', async () => {
    const f = formula('m = b * m + g\nn = n + h', { tensors: ['m', 'g', 'n', 'h'], scalars: ['b'] });
    const [m, g, n, h] = [some(), some(), some(), some()];
    expect(await tensorsMoved(() => backend.map(f, { m, g, n, h }, { b: 1 }))).toBe(3 + 3);
    expect([...(await backend.read(n))]).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
  });

  it('of two branches, only the one that a number selects', async () => {
    const f = formula('y = s > 0 ? x : z', { tensors: ['x', 'z', 'y'], scalars: ['s'] });
    const [x, z, y] = [some(), some(), fresh()];
    expect(await tensorsMoved(() => backend.map(f, { x, z, y }, { s: 1 }))).toBe(2);
    expect([...(await backend.read(y))]).toEqual([...(await backend.read(x))]);
  });

  it('nothing of a tensor that they fill or that has no values yet', async () => {
    const [x, y, z] = [some(), some(), fresh()];
    const reversed = { shape: [size], fromOffset: size - 1, fromStrides: [-1], toOffset: 0, toStrides: [1] };
    expect(await tensorsMoved(() => backend.copy(x, y, reversed))).toBe(2);
    expect([...(await backend.read(y))]).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    const everySecond = { shape: [size / 2], fromOffset: 0, fromStrides: [1], toOffset: 0, toStrides: [2] };
    expect(await tensorsMoved(() => backend.copy(x, z, everySecond))).toBe(0.5 + 1);
    expect([...(await backend.read(z))]).toEqual([1, 0, 2, 0, 3, 0, 4, 0]);
    // now the elements between are kept
    expect(await tensorsMoved(() => backend.copy(x, z, { ...everySecond, toOffset: 1 }))).toBe(0.5 + 2);
    expect([...(await backend.read(z))]).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  });
});
