import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';

const { tensor } = a;
const values = (t: a.Tensor | null) => (t ? Array.from(t.dataSync()) : null);

describe.each(['reference', 'cpu'])('numbers that a dtype or an operation cannot take, on %s', (device) => {
  const make = (given: Parameters<typeof tensor>[0], dtype?: a.Dtype) => tensor(given, { device, dtype });

  it.each<[string, () => unknown, RegExp]>([
    [
      'uint32 beyond int32',
      () => make(Uint32Array.of(2 ** 32 - 1)),
      /^tensor: expected numbers from -2147483648 to 21/,
    ],
    ['int64 beyond int32', () => make(BigInt64Array.of(0n, -(2n ** 40n))), /for int32, got -1099511627776 at 1$/],
    ['NaN as an integer, such as a label', () => make([1, Number.NaN], 'int32'), /for int32, got NaN at 1$/],
    ['Infinity as an integer', () => make([Number.POSITIVE_INFINITY], 'int32'), /got Infinity at 0$/],
    [
      'a number beyond a byte',
      () => make([256], 'uint8'),
      /^tensor: expected numbers from 0 to 255 for uint8, got 256/,
    ],
    ['a negative byte', () => make([-1], 'uint8'), /for uint8, got -1 at 0$/],
    [
      'a fill beyond the dtype',
      () => a.full([2], 300, { device, dtype: 'uint8' }),
      /^full: expected numbers from 0 to/,
    ],
    ['a range beyond the dtype', () => a.arange(300, { device, dtype: 'uint8' }), /^arange: .* got 256 at 256$/],
    [
      'random integers beyond int32',
      () => a.randint(0, 2 ** 40, [3]),
      /^randint: expected integers low < high from -2^31/,
    ],
    ['int32 + 2^31', () => make([1], 'int32').add(2 ** 31), /^add: expected integers of 32 bits .*; cast to float32$/],
    [
      'an axis of a scalar',
      () => make(5).cumsum(0),
      /^cumsum: expected a tensor with at least one axis, got a scalar$/,
    ],
    ['a bigint in a list', () => make([1n] as never), /^tensor: expected numbers or booleans, got 1$/],
    ['a list that contains itself', () => make(selfish()), /^tensor: expected at most 64 levels of nesting, got more$/],
    ['a DataView', () => make(new DataView(new ArrayBuffer(4)) as never), /^tensor: expected numbers, got a DataView$/],
  ])('%s is an error', (_, call, message) => {
    expect(call).toThrow(a.AntinodeError);
    expect(call).toThrow(new RegExp(message.source.replaceAll('2^31', '2\\^31')));
  });

  it.each<[string, () => a.Tensor | null, number[]]>([
    ['64-bit integers become int32', () => make(BigInt64Array.of(-5n, 7n)), [-5, 7]],
    ['unsigned 32-bit integers become int32', () => make(Uint32Array.of(2 ** 31 - 1)), [2 ** 31 - 1]],
    ['fractions are cut off in integers', () => make([1.9, -1.9], 'int32'), [1, -1]],
    ['everything but 0 is true', () => make([0, 0.5, Number.NaN, -2], 'bool'), [0, 1, 1, 1]],
    ['sums of bytes are int32', () => make([200, 100], 'uint8').sum(), [300]],
    ['running sums of bytes are int32', () => make([200, 100, 7, 1], 'uint8').cumsum(0), [200, 300, 307, 308]],
    ['running sums of truth values are int32', () => make([true, true, false, true]).cumsum(0), [1, 2, 2, 3]],
    ['products of bytes are int32', () => make([200], 'uint8').mul(2), [400]],
    ['beside floats, integers may be large', () => make([0]).add(2 ** 31), [2 ** 31]],
    ['softmax of a row with Infinity', () => a.softmax(make([Number.POSITIVE_INFINITY, 0]), 0), [NaN, NaN]],
    ['softmax of -Infinity alone', () => a.softmax(make([-1 / 0, -1 / 0]), 0), [NaN, NaN]],
    ['softmax beside -Infinity', () => a.softmax(make([-1 / 0, 0]), 0), [0, 1]],
    ['log-softmax of a row with Infinity', () => a.logSoftmax(make([Number.POSITIVE_INFINITY, 0]), 0), [NaN, NaN]],
    ['the gradient of 0 ** -2 by its exponent', () => gradientByExponent(-2), [-1 / 0]],
    ['the gradient of 0 ** 0 by its exponent', () => gradientByExponent(0), [0]],
    ['the gradient of 0 ** 2 by its exponent', () => gradientByExponent(2), [0]],
  ])('%s, as in PyTorch', (_, call, wanted) => {
    expect(values(call())).toEqual(wanted);
  });

  function selfish(): never {
    const list: unknown[] = [];
    list.push(list);
    return list as never;
  }

  function gradientByExponent(exponent: number): a.Tensor | null {
    const e = new a.Parameter(make([exponent]));
    make([0]).pow(e).sum().backward();
    return e.grad;
  }

  // PyTorch 1.13 is off by 9e-7 in all of these
  it.each<[string, (x: a.Tensor) => a.Tensor, readonly number[]]>([
    ['all', (x) => x.sum(), [1_000_003, 2]],
    ['columns', (x) => x.sum(0), [1_000_003, 2]],
    ['many columns', (x) => x.sum(0), [100_003, 20]],
    ['rows', (x) => x.sum(1), [2, 1_000_003]],
    ['the outer and the inner axis', (x) => x.sum([0, 2]), [1003, 3, 1001]],
    ['the mean of columns', (x) => x.mean(0).mul(1_000_003), [1_000_003, 2]],
  ])('sums of equal numbers are exact to 9e-7: %s', (_, sum, shape) => {
    a.scope(() => {
      const tenth = Math.fround(0.1);
      const x = a.full(shape, 0.1, { device });
      const y = sum(x);
      const count = x.size / y.size;
      for (const value of y.dataSync()) expect(Math.abs(value / (count * tenth) - 1)).toBeLessThan(9e-7);
    });
  });

  it('products of many columns are as exact as doubles', () => {
    const x = a.full([100_000, 3], 1 + 2 ** -17, { device });
    const exact = (1 + 2 ** -17) ** 100_000;
    for (const value of x.prod(0).dataSync()) expect(Math.abs(value / exact - 1)).toBeLessThan(1e-3);
  });
});
