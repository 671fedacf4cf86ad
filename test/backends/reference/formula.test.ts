import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import type { Dtype } from '../../../src/dtype.js';
import { formula } from '../../../src/formula/formula.js';
import { broadcastsTo, fill, product, seeds, shapes } from '../../helpers/arbitraries.js';
import { close } from '../../helpers/close.js';
import { operandOn, valuesOn } from '../../helpers/operands.js';

const backend = new ReferenceBackend();

/** All index tuples of a shape in row-major order. */
function positions(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (found, length) => found.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );
}

/** The element of a tensor of `shape` at `index` of a shape that it broadcasts to. */
function at(values: ArrayLike<number>, shape: readonly number[], index: readonly number[]): number {
  const own = index.slice(index.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i));
  return values[own.reduce((flat, i, axis) => flat * shape[axis] + i, 0)];
}

const broadcasting = shapes({ maxAxes: 4, maxSize: 200 }).chain((full) =>
  fc.record({ full: fc.constant(full), a: broadcastsTo(full), b: broadcastsTo(full), seed: seeds }),
);

describe('map on reference', () => {
  it('evaluates the formula at every position of the broadcast shape', () => {
    const f = formula('y = a * s - b / 3', { tensors: ['y', 'a', 'b'], scalars: ['s'] });
    fc.assert(
      fc.property(broadcasting, ({ full, a, b, seed }) => {
        const [as, bs] = [fill('unit', product(a), seed), fill('unit', product(b), seed + 1)];
        const y = operandOn(backend, full);
        backend.map(f, { y, a: operandOn(backend, a, as), b: operandOn(backend, b, bs) }, { s: 1.5 });
        const wanted = positions(full).map((index) => at(as, a, index) * 1.5 - at(bs, b, index) / 3);
        expect(valuesOn(backend, y)).toEqual(wanted);
      }),
    );
  });

  it('updates in place, and statements see what earlier ones assigned', () => {
    const f = formula('m = b * m + g\n p = p - m', { tensors: ['m', 'p', 'g'], scalars: ['b'] });
    const [m, p] = [operandOn(backend, [2], [1, 2]), operandOn(backend, [2], [10, 20])];
    backend.map(f, { m, p, g: operandOn(backend, [1], [3]) }, { b: 0.5 });
    expect([valuesOn(backend, m), valuesOn(backend, p)]).toEqual([
      [3.5, 4],
      [6.5, 16],
    ]);
  });

  it('converts what it stores', () => {
    const x = [-300, -1.7, -0.2, 0, 0.9, 1.5, 255.9, 300, 3e9, -3e9, Number.NaN, Infinity, -Infinity];
    const stored = (dtype: Dtype) => {
      const y = operandOn(backend, [x.length], [], dtype);
      backend.map(formula('y = x', { tensors: ['y', 'x'] }), { y, x: operandOn(backend, [x.length], x) }, {});
      return valuesOn(backend, y);
    };
    const [most, least] = [2147483647, -2147483648];
    expect(stored('float32')).toEqual(x);
    expect(stored('int32')).toEqual([-300, -1, 0, 0, 0, 1, 255, 300, most, least, 0, most, least]);
    expect(stored('uint8')).toEqual([0, 0, 0, 0, 0, 1, 255, 255, 255, 0, 0, 255, 0]);
    expect(stored('bool')).toEqual([1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('computes in int32, wrapping around, if all operands are integers', () => {
    const big = operandOn(backend, [4], [2147483647, -2147483648, 65537, 3], 'int32');
    const of = (expression: string, s: number) => {
      const y = operandOn(backend, [4], [], 'int32');
      const scalars = expression.includes('s') ? (['s'] as const) : [];
      backend.map(formula(`y = ${expression}`, { tensors: ['y', 'x'], scalars }), { y, x: big }, { s });
      return valuesOn(backend, y);
    };
    expect(of('x + 1', 0)).toEqual([-2147483648, -2147483647, 65538, 4]);
    expect(of('x * x', 0)).toEqual([1, 0, 131073, 9]);
    expect(of('-x', 0)).toEqual([-2147483647, -2147483648, -65537, -3]);
    expect(of('x * s', 2)).toEqual([-2, 0, 131074, 6]);
    // one fractional number, or one operation with fractional results, makes it float arithmetic, which saturates
    expect(of('x * s', 2.5)).toEqual([2147483647, -2147483648, 163842, 7]);
    expect(of('floor(x) + 1', 0)).toEqual([2147483647, -2147483647, 65538, 4]);
  });

  it('propagates NaN through min and max, and NaN is unequal and unordered in relations', () => {
    const f = formula('top = max(a, b)\n low = min(a, b)\n less = a < b\n other = a != b', {
      tensors: ['top', 'low', 'less', 'other', 'a', 'b'],
    });
    const y = () => operandOn(backend, [3]);
    const [top, low, less, other] = [y(), y(), y(), y()];
    const a = operandOn(backend, [3], [Number.NaN, 1, Number.NaN]);
    const b = operandOn(backend, [3], [1, Number.NaN, Number.NaN]);
    backend.map(f, { top, low, less, other, a, b }, {});
    const nan = [Number.NaN, Number.NaN, Number.NaN];
    expect([top, low, less, other].map((x) => valuesOn(backend, x))).toEqual([nan, nan, [0, 0, 0], [1, 1, 1]]);
  });
});

describe('reduce on reference', () => {
  it('combines the elements at each remaining position', () => {
    const arbitrary = broadcasting.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })),
    );
    const f = formula('total = sum(a * b)\n top = max(a - b)', { tensors: ['total', 'top', 'a', 'b'] });
    fc.assert(
      fc.property(arbitrary, ([{ full, b, seed }, reduced]) => {
        const kept = full.map((length, axis) => (reduced[axis] ? 1 : length));
        const [as, bs] = [fill('unit', product(full), seed), fill('unit', product(b), seed + 1)];
        const [total, top] = [operandOn(backend, kept), operandOn(backend, kept)];
        const operands = { total, top, a: operandOn(backend, full, as), b: operandOn(backend, b, bs) };
        backend.reduce(f, operands, {});
        const meeting = positions(kept).map((left) =>
          positions(full)
            .filter((index) => index.every((i, axis) => kept[axis] === 1 || i === left[axis]))
            .map((index) => [at(as, full, index), at(bs, b, index)]),
        );
        const sums = meeting.map((pairs) => pairs.reduce((sum, [p, q]) => sum + p * q, 0));
        const tops = meeting.map((pairs) => Math.max(...pairs.map(([p, q]) => p - q)));
        close(valuesOn(backend, total), sums, 1e-12, 1e-12, { shape: kept });
        close(valuesOn(backend, top), tops, 0, 0, { shape: kept });
      }),
    );
  });

  it('returns the neutral element over no elements', () => {
    const x = operandOn(backend, [2, 0, 3]);
    const of = (reducer: string, dtype: Dtype) => {
      const y = operandOn(backend, [2, 1, 1], [7, 7], dtype);
      backend.reduce(formula(`y = ${reducer}(x)`, { tensors: ['y', 'x'] }), { y, x }, {});
      return valuesOn(backend, y)[1];
    };
    expect(['sum', 'prod', 'max', 'min'].map((reducer) => of(reducer, 'float32'))).toEqual([0, 1, -Infinity, Infinity]);
    expect(['sum', 'prod', 'max', 'min'].map((r) => of(r, 'int32'))).toEqual([0, 1, -2147483648, 2147483647]);
  });

  it('treats NaN as both largest and smallest', () => {
    const y = operandOn(backend, [1]);
    for (const reducer of ['max', 'min']) {
      const f = formula(`y = ${reducer}(x)`, { tensors: ['y', 'x'] });
      backend.reduce(f, { y, x: operandOn(backend, [3], [1, Number.NaN, 2]) }, {});
      expect(valuesOn(backend, y)).toEqual([Number.NaN]);
    }
  });

  it('counts and multiplies integers in int32', () => {
    const x = operandOn(backend, [3], [2147483647, 2, 2], 'int32');
    const of = (text: string) => {
      const y = operandOn(backend, [1], [], 'int32');
      backend.reduce(formula(`y = ${text}`, { tensors: ['y', 'x'] }), { y, x }, {});
      return valuesOn(backend, y);
    };
    expect([of('sum(x)'), of('prod(x)'), of('sum(x > 1)'), of('sum(x == 2)')]).toEqual([[-2147483645], [-4], [3], [2]]);
  });
});
