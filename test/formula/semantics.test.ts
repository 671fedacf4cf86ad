import { describe, expect, it } from 'vitest';
import type { Dtype } from '../../src/dtype.js';
import { formula } from '../../src/formula/index.js';
import { type Arithmetic, arithmeticOf, reducing, storedIn } from '../../src/formula/semantics.js';
import { uniformValues } from '../../src/formula/uniform.js';

describe('storing a number', () => {
  const largest = 2 ** 31 - 1;
  const smallest = -(2 ** 31);
  it.each([
    [Number.NaN, 0, 0, 1],
    [Infinity, largest, 255, 1],
    [-Infinity, smallest, 0, 1],
    [0, 0, 0, 0],
    [-0, 0, 0, 0],
    [0.5, 0, 0, 1],
    [-0.5, 0, 0, 1],
    [1e-320, 0, 0, 1],
    [1.9, 1, 1, 1],
    [-1.9, -1, 0, 1],
    [254.5, 254, 254, 1],
    [255.5, 255, 255, 1],
    [256, 256, 255, 1],
    [-256, -256, 0, 1],
    [largest + 0.5, largest, 255, 1],
    [2 ** 31, largest, 255, 1],
    [smallest - 0.5, smallest, 0, 1],
    [2 ** 32 + 7, largest, 255, 1],
  ])('keeps of %s: %s as int32, %s as uint8, %s as bool', (value, int32, uint8, bool) => {
    expect([storedIn.int32(value), storedIn.uint8(value), storedIn.bool(value)]).toEqual([int32, uint8, bool]);
    expect(storedIn.float32(value)).toBe(value);
  });
});

describe('a formula computes', () => {
  const cases: [expected: Arithmetic, text: string, x: Dtype, scalars?: Record<string, number>][] = [
    ['int', 'y = x', 'int32'],
    ['int', 'y = -abs(x) * 3 + min(x, 2) - max(x, -7)', 'uint8'],
    ['int', 'y = x > 1 && !(x == 3) || x != 4 ? x : 0', 'bool'],
    ['int', 'y = x + s', 'int32', { s: -(2 ** 31) }],
    ['int', 'y = x + s / 2', 'int32', { s: 4 }],
    ['int', 'y = x * sqrt(s)', 'int32', { s: 9 }],
    ['float', 'y = x', 'float32'],
    ['float', 'y = x / 2', 'int32'],
    ['float', 'y = exp(x)', 'int32'],
    ['float', 'y = x ** 3', 'int32'],
    ['float', 'y = x + 0.5', 'int32'],
    ['float', 'y = x + s', 'int32', { s: 2 ** 31 }],
    ['float', 'y = x + s', 'int32', { s: Number.NaN }],
    ['float', 'y = x + s / 2', 'int32', { s: 3 }],
    ['float', 'y = s == 1 ? x : 0.5', 'int32', { s: 1 }],
    ['int', 'y = sum(x * x)', 'uint8'],
    ['float', 'y = sum(x * 0.5)', 'uint8'],
  ];
  it.each(cases)('as %s: %s of %s', (expected, text, x, scalars = {}) => {
    const f = formula(text, { tensors: ['y', 'x'], scalars: Object.keys(scalars) });
    for (const y of ['float32', 'int32'] as const) {
      expect(arithmeticOf(f, { y: { dtype: y }, x: { dtype: x } }, uniformValues(f, scalars))).toBe(expected);
    }
  });

  it('with the dtype of its outputs if it reads no tensor', () => {
    const f = formula('y = s', { tensors: ['y'], scalars: ['s'] });
    const arithmetic = (dtype: Dtype, s: number) => arithmeticOf(f, { y: { dtype } }, uniformValues(f, { s }));
    expect([arithmetic('int32', 16777217), arithmetic('int32', 0.5), arithmetic('float32', 1)]).toEqual([
      'int',
      'float',
      'float',
    ]);
  });

  it('in floats if one of its outputs is a number that int32 cannot represent', () => {
    const f = formula('y = x + 1\n z = s', { tensors: ['x', 'y', 'z'], scalars: ['s'] });
    const operands = { x: { dtype: 'int32' }, y: { dtype: 'int32' }, z: { dtype: 'float32' } } as const;
    expect(arithmeticOf(f, operands, uniformValues(f, { s: 0.5 }))).toBe('float');
    expect(arithmeticOf(f, operands, uniformValues(f, { s: 5 }))).toBe('int');
  });
});

describe('a reducer', () => {
  it('starts from its neutral element', () => {
    for (const arithmetic of ['float', 'int'] as const) {
      for (const { start, join } of Object.values(reducing[arithmetic])) {
        for (const value of [-7, 0, 3, 2 ** 31 - 1, -(2 ** 31)]) expect(join(start, value)).toBe(value);
      }
    }
  });

  it('wraps in int32 and propagates NaN in floats', () => {
    expect(reducing.int.sum.join(2 ** 31 - 1, 1)).toBe(-(2 ** 31));
    expect(reducing.int.prod.join(65536, 65537)).toBe(65536);
    for (const { join } of Object.values(reducing.float)) expect(join(Number.NaN, 1)).toBeNaN();
  });
});
