import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { broadcastsTo, shapes } from '../helpers/arbitraries.js';
import { type Checked, differentiates, input } from './checks.js';

const small = { maxAxes: 4, maxSize: 24 };

/** The elements of x at the positions to which `at` maps the positions of an output of `shape`. */
function picked(x: a.Tensor, shape: readonly number[], at: (position: number[]) => number[] | null): number[] {
  const values = x.dataSync();
  const positions = shape.reduce<number[][]>(
    (all, length) => all.flatMap((p) => Array.from({ length }, (_, i) => [...p, i])),
    [[]],
  );
  return positions.map((p) => {
    const from = at(p);
    return from === null ? Number.NaN : values[from.reduce((flat, i, axis) => flat * x.shape[axis] + i, 0)];
  });
}

/** The positions along an axis that NumPy's slice selects. */
function sliced(length: number, [start, stop, step]: readonly [number | null, number | null, number]): number[] {
  const all = Array.from({ length }, (_, i) => i);
  const cut = (at: number, low: number, high: number) => Math.min(high, Math.max(low, at < 0 ? at + length : at));
  if (step > 0) {
    const from = start === null ? 0 : cut(start, 0, length);
    const to = stop === null ? length : cut(stop, 0, length);
    return all.filter((i) => i >= from && i < to && (i - from) % step === 0);
  }
  const from = start === null ? length - 1 : cut(start, -1, length - 1);
  const to = stop === null ? -1 : cut(stop, -1, length - 1);
  return all.filter((i) => i <= from && i > to && (from - i) % -step === 0).reverse();
}

const bound = fc.option(fc.integer({ min: -9, max: 9 }), { nil: null });
const range = fc.tuple(
  bound,
  bound,
  fc.integer({ min: -3, max: 3 }).filter((step) => step !== 0),
);
const slices = shapes({ ...small, maxLength: 7 }).chain((shape) =>
  fc.tuple(fc.constant(shape), fc.array(range, { maxLength: shape.length })),
);
const permutations = shapes(small).chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.shuffledSubarray(
      shape.map((_, axis) => axis),
      { minLength: shape.length },
    ),
  ),
);
const paddings = shapes({ maxAxes: 3, maxSize: 12 }).chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc
      .integer({ min: 0, max: shape.length })
      .chain((n) => fc.array(fc.nat({ max: 3 }), { minLength: 2 * n, maxLength: 2 * n })),
  ),
);
const parts = shapes({ ...small, minAxes: 1, maxSize: 12 }).chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.integer({ min: -shape.length, max: shape.length - 1 }),
    fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 }),
  ),
);

describe('values', () => {
  it('permute moves axes', () => {
    fc.assert(
      fc.property(permutations, ([shape, axes]) => {
        const x = input(shape, 1);
        const y = a.permute(x, axes);
        expect(y.shape).toEqual(axes.map((axis) => shape[axis]));
        const inverse = axes.map((_, axis) => axes.indexOf(axis));
        expect(Array.from(y.dataSync())).toEqual(picked(x, y.shape, (p) => inverse.map((axis) => p[axis])));
      }),
    );
  });

  it('slice selects the same elements as NumPy', () => {
    fc.assert(
      fc.property(slices, ([shape, ranges]) => {
        const x = input(shape, 1);
        const places = shape.map((length, axis) => sliced(length, ranges[axis] ?? [null, null, 1]));
        const y = a.slice(x, ranges);
        expect(y.shape).toEqual(places.map((list) => list.length));
        expect(Array.from(y.dataSync())).toEqual(picked(x, y.shape, (p) => p.map((i, axis) => places[axis][i])));
      }),
      { numRuns: 300 },
    );
  });

  it('flip reverses axes', () => {
    fc.assert(
      fc.property(permutations, ([shape, axes]) => {
        const x = input(shape, 1);
        const some = axes.slice(0, 2);
        const turned = (p: number[]) => p.map((i, axis) => (some.includes(axis) ? shape[axis] - 1 - i : i));
        expect(Array.from(a.flip(x, some).dataSync())).toEqual(picked(x, shape, turned));
      }),
    );
  });

  it('pad surrounds x with a value', () => {
    fc.assert(
      fc.property(paddings, ([shape, widths]) => {
        const x = input(shape, 1);
        const y = a.pad(x, widths, Number.NaN);
        const before = shape.map((_, axis) => widths[2 * (shape.length - 1 - axis)] ?? 0);
        const after = shape.map((_, axis) => widths[2 * (shape.length - 1 - axis) + 1] ?? 0);
        expect(y.shape).toEqual(shape.map((length, axis) => before[axis] + length + after[axis]));
        const inside = (p: number[]) => {
          const from = p.map((i, axis) => i - before[axis]);
          return from.every((i, axis) => i >= 0 && i < shape[axis]) ? from : null;
        };
        expect(Array.from(y.dataSync())).toEqual(picked(x, y.shape, inside));
      }),
    );
  });

  it('split undoes cat', () => {
    fc.assert(
      fc.property(parts, ([shape, axis, lengths]) => {
        const at = (axis + shape.length) % shape.length;
        const tensors = lengths.map((n, i) =>
          input(
            shape.map((m, j) => (j === at ? n : m)),
            i,
          ),
        );
        const y = a.cat(tensors, axis);
        expect(y.shape[at]).toBe(lengths.reduce((m, n) => m + n, 0));
        const back = a.split(y, lengths, axis);
        expect(back.map((t) => [t.shape, t.dataSync()])).toEqual(tensors.map((t) => [t.shape, t.dataSync()]));
        const first = a.slice(y, [...shape.slice(0, at).map(() => null), [0, lengths[0]]]);
        expect(first.dataSync()).toEqual(tensors[0].dataSync());
      }),
    );
  });

  it('split cuts even parts and a smaller last one', () => {
    expect(a.split(a.arange(7), 3).map((t) => Array.from(t.dataSync()))).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('stack inserts an axis at any position', () => {
    const [x, y] = [a.tensor([1, 2, 3]), a.tensor([4, 5, 6])];
    expect([a.stack([x, y]).shape, ...a.stack([x, y], 0).dataSync()]).toEqual([[2, 3], 1, 2, 3, 4, 5, 6]);
    expect([a.stack([x, y], -1).shape, ...a.stack([x, y], 1).dataSync()]).toEqual([[3, 2], 1, 4, 2, 5, 3, 6]);
  });

  it('expand repeats elements, and keeps the length of an axis given as -1', () => {
    const x = a.tensor([[1], [2]]);
    expect(Array.from(a.expand(x, [2, -1, 2]).dataSync())).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
    expect(a.expand(a.zeros([0, 1]), [-1, 3]).shape).toEqual([0, 3]);
    expect(() => a.expand(x, [-1, 2, 1])).toThrow('expand: expected');
  });

  it('keep their dtype', () => {
    const x = a.tensor([[1, 2, 3]], { dtype: 'uint8' });
    const all = [
      a.transpose(x),
      a.flip(x),
      a.pad(x, [1, 1]),
      a.cat([x, x]),
      a.slice(x, [null, [1]]),
      a.expand(x, [2, 3]),
    ];
    expect(all.map((t) => t.dtype)).toEqual(all.map(() => 'uint8'));
  });

  it('share memory if the elements keep their order', () => {
    const x = a.zeros([3, 1, 4]);
    const { storage } = x;
    for (const y of [a.permute(x, [1, 0, 2]), a.reshape(x, [-1]), a.squeeze(x), a.slice(x, [[0]]), a.flatten(x, 1)]) {
      expect(y.storage).toBe(storage);
    }
  });
});

describe('gradients', () => {
  differentiates(
    'permute',
    permutations.map(([shape, axes]): Checked => ({ shapes: [shape], f: (x) => a.permute(x, axes) })),
  );
  differentiates(
    'slice',
    slices.map(([shape, ranges]): Checked => ({ shapes: [shape], f: (x) => a.slice(x, ranges) })),
  );
  differentiates(
    'flip',
    permutations.map(([shape, axes]): Checked => ({ shapes: [shape], f: (x) => a.flip(x, axes.slice(0, 2)) })),
  );
  differentiates(
    'pad',
    paddings.map(([shape, widths]): Checked => ({ shapes: [shape], f: (x) => a.pad(x, widths, 2) })),
  );
  differentiates(
    'cat',
    parts.map(([shape, axis, lengths]): Checked => {
      const at = (axis + shape.length) % shape.length;
      return { shapes: lengths.map((n) => shape.map((m, j) => (j === at ? n : m))), f: (...xs) => a.cat(xs, axis) };
    }),
  );
  differentiates(
    'stack',
    shapes({ maxAxes: 2, maxSize: 9 }).chain((shape) =>
      fc
        .integer({ min: -shape.length - 1, max: shape.length })
        .map((axis): Checked => ({ shapes: [shape, shape], f: (x, y) => a.stack([x, y], axis) })),
    ),
  );
  differentiates(
    'split',
    parts.map(([shape, axis]): Checked => ({ shapes: [shape], f: (x) => a.split(x, 2, axis) })),
  );
  differentiates(
    'expand',
    shapes({ maxAxes: 3, maxSize: 18 }).chain((full) =>
      broadcastsTo(full).map((shape): Checked => ({ shapes: [shape], f: (x) => a.expand(x, full) })),
    ),
  );
  differentiates(
    'reshape, flatten, squeeze and unsqueeze',
    shapes({ minAxes: 1, maxAxes: 3, maxSize: 12 }).map(
      (shape): Checked => ({
        shapes: [shape],
        f: (x) => [a.reshape(x, [x.size]), a.flatten(x), a.squeeze(a.unsqueeze(x, -1), -1), a.squeeze(x)],
      }),
    ),
  );
});

describe('errors', () => {
  const x = () => a.zeros([2, 3]);

  it('name the operation, what it expected and what it got', () => {
    expect(() => a.permute(x(), [0])).toThrow('permute: expected each of 2 axes once, got [0]');
    expect(() => a.permute(x(), [0, 0])).toThrow('permute: expected each of 2 axes once, got [0, 0]');
    expect(() => a.transpose(x(), 0, 2)).toThrow('transpose: expected axis in [-2, 1], got 2');
    expect(() => a.slice(x(), [[0], [0], [0]])).toThrow('slice: expected at most 2 ranges for (2, 3), got 3');
    expect(() => a.slice(x(), [[0, 1, 0]])).toThrow('slice: expected [start, stop, step]');
    expect(() => a.slice(x(), [[0.5]])).toThrow('slice: expected [start, stop, step]');
    expect(() => a.pad(x(), [1])).toThrow('pad: expected pairs of widths');
    expect(() => a.pad(x(), [1, -1])).toThrow('pad: expected pairs of widths');
    expect(() => a.cat([])).toThrow('cat: expected at least one tensor, got none');
    expect(() => a.cat([x(), a.zeros([2, 4])])).toThrow(
      'cat: expected tensors like (2, 3) except for axis 0, got (2, 4)',
    );
    expect(() => a.cat([x(), a.zeros([2, 3], { dtype: 'int32' })])).toThrow(
      'cat: expected tensors of float32, got int32',
    );
    expect(() => a.stack([x(), a.zeros([3])])).toThrow('stack: expected tensors (2, 3), got (3)');
    expect(() => a.split(x(), [1, 1, 1])).toThrow('split: expected sizes that add up to 2, got [1, 1, 1]');
    expect(() => a.split(x(), 0)).toThrow('split: expected a size of at least 1, got 0');
    expect(() => a.expand(x(), [2, 4])).toThrow('expand: expected shapes that broadcast, got (2, 3) and (2, 4)');
    expect(() => a.reshape(x(), [4, -1])).toThrow('reshape: expected a shape of 6 elements for (2, 3), got (4, -1)');
  });
});
