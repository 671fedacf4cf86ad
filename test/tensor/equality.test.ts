import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dtype } from '../../src/dtype.js';
import { Parameter, tensor } from '../../src/index.js';
import { alias, empty } from '../../src/tensor/run.js';
import { anyDtype, fill, product, seeds, shapes, valuesOf } from '../helpers/arbitraries.js';
import { distant } from '../helpers/distant.js';
import { tensorOf } from '../helpers/tensors.js';

function passes(compare: () => void): boolean {
  try {
    compare();
    return true;
  } catch {
    return false;
  }
}

/** The verdict of each way of comparing `a` and `b`. */
function verdicts(a: unknown, b: unknown): Record<string, boolean> {
  return {
    toEqual: passes(() => expect(a).toEqual(b)),
    toStrictEqual: passes(() => expect(a).toStrictEqual(b)),
    nested: passes(() => expect({ list: [a] }).toEqual({ list: [b] })),
    deepEqual: passes(() => assert.deepEqual(a, b)),
    deepStrictEqual: passes(() => assert.deepStrictEqual(a, b)),
  };
}

const all = { toEqual: true, toStrictEqual: true, nested: true, deepEqual: true, deepStrictEqual: true };
const none = { toEqual: false, toStrictEqual: false, nested: false, deepEqual: false, deepStrictEqual: false };

describe('deep comparison', () => {
  it('considers tensors with the same values, shape and dtype equal', () => {
    const cases = fc.record({ shape: shapes({ maxSize: 60 }), dtype: anyDtype, seed: seeds });
    fc.assert(
      fc.property(cases, fc.constantFrom('reference', 'cpu'), ({ shape, dtype, seed }, device) => {
        const size = product(shape);
        const values = fill(valuesOf(dtype, 'special'), size, seed);
        const make = () => tensor(values, { shape, dtype, device });
        expect(verdicts(make(), make())).toEqual(all);
      }),
      { numRuns: 60 },
    );
  });

  it('finds one different element among many without listing them all', () => {
    const make = (at: number, value: number) => {
      const values = new Float32Array(100_000).fill(0.5);
      values[at] = value;
      return tensorOf([1000, 100], values);
    };
    fc.assert(
      fc.property(fc.nat(99_999), fc.constantFrom(-0.5, 0.500001, Number.NaN), (at, value) => {
        expect(passes(() => expect(make(at, value)).toEqual(make(at, value)))).toBe(true);
        expect(passes(() => expect(make(at, value)).toEqual(make(at, 0.5)))).toBe(false);
      }),
      { numRuns: 20 },
    );
    const values = (make(0, 0.5) as unknown as { values: string }).values;
    expect(values.length).toBeLessThan(1000);
  });

  it('considers tensors that differ in one element different', () => {
    const cases = fc.record({ shape: shapes({ maxSize: 60 }), dtype: anyDtype, seed: seeds, at: fc.nat() });
    fc.assert(
      fc.property(cases, ({ shape, dtype, seed, at }) => {
        const size = product(shape);
        fc.pre(size > 0);
        const values = fill(valuesOf(dtype), size, seed);
        const others = values.slice();
        others[at % size] = dtype === 'bool' ? 1 - others[at % size] : others[at % size] === 7 ? 8 : 7;
        expect(verdicts(tensorOf(shape, values, dtype), tensorOf(shape, others, dtype))).toEqual(none);
      }),
      { numRuns: 60 },
    );
  });

  it('compares shape and dtype', () => {
    expect(verdicts(tensorOf([4], [1, 2, 3, 4]), tensorOf([2, 2], [1, 2, 3, 4]))).toEqual(none);
    expect(verdicts(tensorOf([0, 2], []), tensorOf([0, 3], []))).toEqual(none);
    const dtypes: readonly Dtype[] = ['float32', 'int32', 'uint8', 'bool'];
    const ones = dtypes.map((dtype) => tensorOf([2], [1, 1], dtype));
    for (const a of ones) for (const b of ones) expect(verdicts(a, b)).toEqual(a.dtype === b.dtype ? all : none);
    expect(verdicts(tensorOf([1], [1]), { ...tensorOf([1], [1]) }).toStrictEqual).toBe(false);
  });

  it('does not compare devices, operations or gradients', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(verdicts(x, tensor([1, 2], { device: 'cpu' }))).toEqual(all);
    x.sum().backward();
    expect(verdicts(x.detach(), tensor([1, 2]))).toEqual(all);
    expect(verdicts(x, tensor([1, 2]))).toEqual(all);
  });

  it('considers NaN equal to NaN', () => {
    const make = () => tensorOf([2], [Number.NaN, 1]);
    expect(verdicts(make(), make())).toEqual(all);
    expect(verdicts(make(), tensorOf([2], [0, 1]))).toEqual(none);
  });

  it('compares parameters by their values', () => {
    const parameter = (...values: number[]) => new Parameter(tensorOf([2], values));
    expect(verdicts(parameter(1, 2), parameter(1, 2))).toEqual(all);
    expect(verdicts(parameter(1, 2), parameter(1, 3))).toEqual(none);
    // strict comparisons also compare classes
    const mixed = { toEqual: true, toStrictEqual: false, nested: true, deepEqual: true, deepStrictEqual: false };
    expect(verdicts(parameter(1, 2), tensorOf([2], [1, 2]))).toEqual(mixed);
  });

  it('compares tensors without synchronous reads by their memory', () => {
    const far = () => empty('empty', [2], 'float32', distant);
    const x = far();
    expect(verdicts(x, far())).toEqual(none);
    expect(verdicts(x, alias('alias', x, [2]))).toEqual(all);
    expect(verdicts(x, alias('alias', x, [1, 2]))).toEqual(none);
    expect(verdicts(x, tensorOf([2], [0, 0]))).toEqual(none);
    const [a, b] = [tensorOf([2], [1, 2]), tensorOf([2], [1, 2])];
    const same = alias('alias', a, [2]);
    a.dispose();
    expect(verdicts(a, b)).toEqual(none);
    b.dispose();
    same.dispose();
    expect(verdicts(a, b)).toEqual(none);
    expect(verdicts(a, same)).toEqual(all);
  });

  it('shows what differs', () => {
    const [a, b] = [tensorOf([2, 2], [1, 2, 3, 4]), tensorOf([2, 2], [1, 2, 3, 5])];
    expect(() => assert.deepStrictEqual(a, b)).toThrow(/[+-] +4\n[+-] +5/);
    // vitest and jest compute their differences from these texts
    expect(a).toMatchInlineSnapshot(`
      Tensor {
        "dtype": "float32",
        "shape": [
          2,
          2,
        ],
        "size": 4,
        "values": [
          [
            1,
            2,
          ],
          [
            3,
            4,
          ],
        ],
      }
    `);
  });

  it('works with values from JSON', () => {
    expect(JSON.parse(JSON.stringify(tensorOf([2, 1], [1, 2])))).toEqual({
      dtype: 'float32',
      shape: [2, 1],
      size: 2,
      values: [[1], [2]],
    });
  });
});
