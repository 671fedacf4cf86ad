import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { shapes } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';
import { type Checked, differentiates, input, type Kind } from './checks.js';

type Reduce = (x: a.Tensor, axes?: a.Axes, options?: a.ReduceOptions) => a.Tensor;

/** A shape and distinct axes of it, some counted from the end; with `full`, no axis is empty. */
function reductions({ full = false } = {}): fc.Arbitrary<{ shape: number[]; axes: number[] | undefined }> {
  return shapes({ maxAxes: 4, maxSize: 24 })
    .map((shape) => (full ? shape.map((length) => Math.max(1, length)) : shape))
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axes: fc.option(
          fc
            .subarray(shape.map((_, axis) => axis))
            .chain((axes) =>
              fc.tuple(...axes.map((axis) => fc.boolean().map((back) => (back ? axis - shape.length : axis)))),
            ),
          { nil: undefined },
        ),
      }),
    );
}

const checked: readonly [name: string, f: Reduce, options?: { full?: boolean; kind?: Kind }][] = [
  ['sum', a.sum],
  ['mean', a.mean, { full: true }],
  ['variance', (x, axes, o) => a.variance(x, axes, { ...o, correction: 0 }), { full: true }],
  ['max', a.max, { full: true }],
  ['min', a.min, { full: true }],
  ['prod', a.prod, { kind: 'positive' }],
  ['logsumexp', a.logsumexp, { full: true, kind: 'wide' }],
];

describe('reductions', () => {
  for (const [name, f, { full, kind = 'apart' } = {}] of checked) {
    const cases = fc.tuple(reductions({ full }), fc.boolean()).map(
      ([{ shape, axes }, keepDim]): Checked => ({
        shapes: [shape],
        f: (x) => f(x, axes, { keepDim }),
        kinds: [kind],
      }),
    );
    differentiates(`${name} over any axes`, cases, { numRuns: 15 });
  }

  it('keep or drop the axes they reduce', () => {
    fc.assert(
      fc.property(reductions({ full: true }), ({ shape, axes }) => {
        const over = (axes ?? shape.map((_, axis) => axis)).map((axis) => (axis + shape.length) % shape.length);
        for (const f of [a.sum, a.mean, a.variance, a.max, a.min, a.prod, a.logsumexp]) {
          const x = input(shape, 1);
          expect(f(x, axes).shape).toEqual(shape.filter((_, axis) => !over.includes(axis)));
          const kept = shape.map((length, axis) => (over.includes(axis) ? 1 : length));
          expect(f(x, axes, { keepDim: true }).shape).toEqual(kept);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('share the gradient of max among equal elements', () => {
    const x = a.tensor([3, 1, 3], { requiresGrad: true });
    a.max(x).backward();
    expect(Array.from(x.grad?.dataSync() ?? [])).toEqual([0.5, 0, 0.5]);
  });

  it('differentiate a product that contains zeros', () => {
    const x = a.tensor(
      [
        [2, 0, 5],
        [0, 0, 3],
        [2, 3, 4],
      ],
      { requiresGrad: true },
    );
    a.prod(x, 1).sum().backward();
    expect(Array.from(x.grad?.dataSync() ?? [])).toEqual([0, 10, 0, 0, 0, 0, 12, 8, 6]);
  });

  it('return the defined values over no elements', () => {
    const none = a.zeros([0, 2]);
    expect(Array.from(a.sum(none, 0).dataSync())).toEqual([0, 0]);
    expect(Array.from(a.prod(none, 0).dataSync())).toEqual([1, 1]);
    expect(Array.from(a.logsumexp(none, 0).dataSync())).toEqual([-Infinity, -Infinity]);
    expect(a.mean(none).itemSync()).toBeNaN();
    expect(Array.from(a.variance(none, 0).dataSync())).toEqual([Number.NaN, Number.NaN]);
    expect(a.variance(a.ones([1])).itemSync()).toBeNaN();
    expect(a.softmax(none, 0).shape).toEqual([0, 2]);
    expect(() => a.max(none, 0)).toThrow('max: expected at least one element, got (0, 2)');
  });

  it('name invalid axes', () => {
    const x = a.zeros([2, 3]);
    for (const [name, f] of Object.entries({ sum: a.sum, mean: a.mean, prod: a.prod, logsumexp: a.logsumexp })) {
      expect(() => f(x, 2)).toThrow(`${name}: expected axis in [-2, 1], got 2`);
      expect(() => f(x, [0, -2])).toThrow(`${name}: expected distinct axes`);
    }
    expect(() => a.softmax(x, -3)).toThrow('softmax: expected axis in [-2, 1], got -3');
  });
});

/** A shape with at least one axis, and one axis of it. */
const alongAxis = shapes({ minAxes: 1, maxAxes: 4, maxSize: 24 }).chain((shape) =>
  fc.record({ shape: fc.constant(shape), axis: fc.integer({ min: -shape.length, max: shape.length - 1 }) }),
);

describe('operations along an axis', () => {
  const along: readonly [name: string, f: (x: a.Tensor, axis: number) => a.Tensor][] = [
    ['softmax', a.softmax],
    ['logSoftmax', a.logSoftmax],
    ['cumsum', a.cumsum],
  ];
  for (const [name, f] of along) {
    const cases = alongAxis.map(
      ({ shape, axis }): Checked => ({ shapes: [shape], f: (x) => f(x, axis), kinds: ['wide'] }),
    );
    differentiates(name, cases);
  }

  it('softmax sums to 1, and logSoftmax is its logarithm', () => {
    fc.assert(
      fc.property(alongAxis, ({ shape, axis }) => {
        const x = input(shape, 3, 'wide');
        const total = a.softmax(x, axis).sum(axis);
        close(total.dataSync(), new Float64Array(total.size).fill(shape.at(axis) === 0 ? 0 : 1), 1e-12, 1e-12);
        close(a.exp(a.logSoftmax(x, axis)).dataSync(), a.softmax(x, axis).dataSync(), 1e-12, 0);
      }),
      { numRuns: 20 },
    );
  });

  it('are numerically stable for numbers of any magnitude', () => {
    const x = a.tensor([
      [1000, 999, -1000],
      [-1e30, -1e30, -1e30],
      [-Infinity, 0, -Infinity],
    ]);
    const p = 1 / (1 + Math.exp(-1));
    close(a.softmax(x).dataSync(), [p, 1 - p, 0, 1 / 3, 1 / 3, 1 / 3, 0, 1, 0], 1e-12, 1e-15);
    close(a.logSoftmax(x).dataSync().slice(0, 3), [Math.log(p), Math.log(1 - p), -2000 + Math.log(p)], 1e-12, 0);
    expect(Array.from(a.logsumexp(x, 1).dataSync().slice(1))).toEqual([-1e30 + Math.log(3), 0]);
    const infinite = a.tensor([
      [Infinity, 1],
      [-Infinity, -Infinity],
      [Number.NaN, 1],
    ]);
    expect(Array.from(a.logsumexp(infinite, 1).dataSync())).toEqual([Infinity, -Infinity, Number.NaN]);
  });

  it('argmax and argmin return the first of equal elements, along an axis or over all', () => {
    const x = a.tensor([
      [1, 5, 5],
      [7, 0, 0],
    ]);
    expect([a.argmax(x, 1), a.argmin(x, 0), a.argmax(x), a.argmin(x)].map((y) => Array.from(y.dataSync()))).toEqual([
      [1, 0],
      [0, 1, 1],
      [3],
      [4],
    ]);
    expect(a.argmax(x, -1, { keepDim: true }).shape).toEqual([2, 1]);
    expect(a.argmax(x, undefined, { keepDim: true }).shape).toEqual([1, 1]);
    expect(a.argmax(x).dtype).toBe('int32');
    expect(() => a.argmax(a.zeros([2, 0]), 1)).toThrow('argmax: expected elements along axis 1, got (2, 0)');
    expect(() => a.argmin(a.zeros([0]))).toThrow('argmin: expected elements');
  });

  it('cumsum adds integers in int32', () => {
    const y = a.cumsum(a.tensor(new Uint8Array([200, 100, 1])), 0);
    expect([y.dtype, ...y.dataSync()]).toEqual(['int32', 200, 300, 301]);
  });
});
