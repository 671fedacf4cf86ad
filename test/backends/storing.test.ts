import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dtype, hostArray } from '../../src/dtype.js';
import { formula } from '../../src/formula/index.js';
import type { Reducer } from '../../src/formula/nodes.js';
import { reducing, storedIn } from '../../src/formula/semantics.js';
import type { Backend } from '../../src/tensor/backend.js';
import { backendOf } from '../../src/tensor/device.js';
import { anyDtype } from '../helpers/arbitraries.js';
import { operandOn } from '../helpers/operands.js';
import { startedIn } from './gpu/started.js';

const edges = [
  ...[Number.NaN, Infinity, -Infinity, 0, -0, 0.5, -0.5, 1.5, -1.5, 2.5, 1e-40, -1e-40, 1e10, -3e38, 3e38],
  ...[127.5, 128, 254.5, 255, 255.5, 256, 32767.5, 32768, 65535.5, 65536, -0.999, -255.5, 2 ** 24, -(2 ** 24)],
  ...[2 ** 24 + 2, 2 ** 31, 2 ** 31 - 128, 2 ** 31 - 1, 2 ** 31 - 0.5, -(2 ** 31), -(2 ** 31) - 256, 2 ** 32, 2 ** 53],
];
const numbers = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...edges) }, fc.double({ min: -300, max: 300 }), fc.double()),
  { minLength: 1, maxLength: 40 },
);

/** The values of a tensor of `dtype` after numbers are stored in it. */
function kept(dtype: Dtype, values: readonly number[]): number[] {
  const memory = hostArray(dtype, values.length);
  memory.set(values.map(storedIn[dtype]));
  return [...memory];
}

const startedGpu = startedIn('cpu');
const devices: Record<string, () => Backend> = {
  reference: () => backendOf('reference'),
  cpu: () => backendOf('cpu'),
  'gpu:cpu': startedGpu,
};

/** The numbers without integers beyond 2^24 for the gpu backend, which refuses them because float32 may round them. */
function suitable(device: string, dtype: Dtype, values: readonly number[]): number[] {
  if (device !== 'gpu:cpu' || dtype !== 'int32') return [...values];
  return values.filter((value) => Math.abs(storedIn.int32(value)) <= 2 ** 24);
}

/** The values that `run` writes to a tensor of a dtype; float32 is rounded, because reference computes in float64. */
async function result(
  backend: Backend,
  shape: readonly number[],
  dtype: Dtype,
  x: { shape: readonly number[]; values: readonly number[]; dtype: Dtype },
  run: (operands: Record<'x' | 'y', ReturnType<typeof operandOn>>) => void,
): Promise<number[]> {
  const operands = { x: operandOn(backend, x.shape, x.values, x.dtype), y: operandOn(backend, shape, [], dtype) };
  run(operands);
  const values = await backend.read(operands.y);
  for (const { handle } of Object.values(operands)) backend.release(handle);
  return Array.from(values, dtype === 'float32' ? Math.fround : Number);
}

const same = formula('y = x', { tensors: ['y', 'x'] });
const reductions = (['sum', 'prod', 'max', 'min'] as const).map((reducer) => ({
  reducer,
  f: formula(`y = ${reducer}(x)`, { tensors: ['y', 'x'] }),
}));

/** What a number is reduced with so that it stays unchanged until the store; for max and min, the number itself. */
const partner: Readonly<Partial<Record<Reducer, number>>> = { sum: 0, prod: 1 };

function transposed(pairs: readonly number[][]): number[] {
  return [0, 1].flatMap((k) => pairs.map((pair) => pair[k]));
}

describe.each(Object.entries(devices))('%s stores numbers by the rule', (device, backend) => {
  it('that the host writes', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, anyDtype, async (given, dtype) => {
        const values = suitable(device, dtype, given);
        const y = operandOn(backend(), [values.length], values, dtype);
        const read = await backend().read(y);
        backend().release(y.handle);
        expect(Array.from(read, dtype === 'float32' ? Math.fround : Number)).toEqual(kept(dtype, values));
      }),
      { numRuns: 200 },
    );
  });

  it('that a map computes', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, anyDtype, anyDtype, async (given, from, to) => {
        const values = suitable(device, to, kept(from, suitable(device, from, given)));
        const shape = [values.length];
        const run = (operands: Parameters<Backend['map']>[1]) => backend().map(same, operands, {});
        expect(await result(backend(), shape, to, { shape, values, dtype: from }, run)).toEqual(kept(to, values));
      }),
      { numRuns: 200 },
    );
  });

  it('that a reduction computes, along rows and along columns', async () => {
    await fc.assert(
      fc.asyncProperty(
        numbers,
        fc.constantFrom<Dtype>('float32', 'int32'),
        anyDtype,
        fc.constantFrom(...reductions),
        fc.boolean(),
        async (given, from, to, { f, reducer }, alongRows) => {
          const values = suitable(device, to, kept(from, suitable(device, from, given)));
          const n = values.length;
          const pairs = values.map((value) => [value, partner[reducer] ?? value]);
          const x = alongRows ? { shape: [n, 2], values: pairs.flat() } : { shape: [2, n], values: transposed(pairs) };
          const run = (operands: Parameters<Backend['reduce']>[1]) => backend().reduce(f, operands, {});
          const y = await result(backend(), alongRows ? [n, 1] : [1, n], to, { ...x, dtype: from }, run);
          const { start, join } = reducing[from === 'int32' ? 'int' : 'float'][reducer];
          const expected = pairs.map(([value, other]) => join(join(start, value), other));
          expect(y).toEqual(kept(to, expected));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('cpu stores numbers by the rule', () => {
  it('that a reduction combines from partial results', async () => {
    const cpu = backendOf('cpu');
    const values = [...kept('float32', edges)];
    const length = 70_000;
    const all = new Float32Array(values.length * length);
    values.forEach((value, row) => {
      all[row * length] = value;
    });
    for (const to of ['float32', 'int32', 'uint8', 'bool'] as const) {
      const x = operandOn(cpu, [values.length, length], all);
      const y = operandOn(cpu, [values.length, 1], [], to);
      cpu.reduce(reductions[0].f, { x, y }, {});
      expect(Array.from(await cpu.read(y)), to).toEqual(
        kept(
          to,
          values.map((value) => 0 + value),
        ),
      );
      for (const { handle } of [x, y]) cpu.release(handle);
    }
  });
});

describe.each(['reference', 'cpu'])('%s computes in int32 by the rule', (device) => {
  it.each([
    ['y = x + s', 2, [1073741827, -2147483647]],
    ['y = x + s / 2', 4, [1073741827, -2147483647]],
    ['y = x * sqrt(s)', 9, [-1073741821, 2147483645]],
    ['y = s == 1 ? 2 : x', 2, [1073741825, 2147483647]],
  ])('%s where s is %s', async (text, s, expected) => {
    const f = formula(text, { tensors: ['y', 'x'], scalars: ['s'] });
    const backend = backendOf(device);
    const x = { shape: [2], values: [2 ** 30 + 1, 2 ** 31 - 1], dtype: 'int32' } as const;
    expect(await result(backend, [2], 'int32', x, (operands) => backend.map(f, operands, { s }))).toEqual(expected);
  });

  it.each([0.5, 2 ** 31, Number.NaN])('and in floats if a scalar is %s', async (s) => {
    const f = formula('y = x + s', { tensors: ['y', 'x'], scalars: ['s'] });
    const backend = backendOf(device);
    const x = { shape: [2], values: [2 ** 20, 2 ** 25], dtype: 'int32' } as const;
    const y = await result(backend, [2], 'float32', x, (operands) => backend.map(f, operands, { s }));
    expect(y).toEqual([2 ** 20 + s, 2 ** 25 + s].map(Math.fround));
  });
});
