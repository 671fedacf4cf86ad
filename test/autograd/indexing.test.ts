import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { shapes, stream } from '../helpers/arbitraries.js';
import { type Checked, differentiates, input } from './checks.js';

/** Integers below `count`, in any shape; repeated ones are likely. */
function indices(shape: readonly number[], count: number, seed: number, device?: string): a.Tensor {
  const next = stream(seed);
  const size = shape.reduce((m, n) => m * n, 1);
  return a.tensor(
    Int32Array.from({ length: size }, () => Math.floor(next() * count)),
    { shape, device },
  );
}

const alongAxis = shapes({ minAxes: 1, maxAxes: 3, maxSize: 18 })
  .map((shape) => shape.map((length) => Math.max(1, length)))
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      axis: fc.integer({ min: -shape.length, max: shape.length - 1 }),
      count: fc.integer({ min: 0, max: 5 }),
      seed: fc.nat({ max: 99 }),
    }),
  );

const replaced = (shape: readonly number[], axis: number, length: number) =>
  shape.map((n, i) => (i === (axis + shape.length) % shape.length ? length : n));

describe('gradients', () => {
  differentiates(
    'indexSelect',
    alongAxis.map(({ shape, axis, count, seed }): Checked => {
      const index = (device: string) => indices([count], shape.at(axis) as number, seed, device);
      return { shapes: [shape], f: (x) => a.indexSelect(x, axis, index(x.device)) };
    }),
  );
  differentiates(
    'indexAdd',
    alongAxis.map(({ shape, axis, count, seed }): Checked => {
      const index = (device: string) => indices([count], shape.at(axis) as number, seed, device);
      return { shapes: [shape, replaced(shape, axis, count)], f: (x, s) => a.indexAdd(x, axis, index(x.device), s) };
    }),
  );
  differentiates(
    'gather',
    alongAxis.map(({ shape, axis, count, seed }): Checked => {
      const places = replaced(shape, axis, count);
      const index = (device: string) => indices(places, shape.at(axis) as number, seed, device);
      return { shapes: [shape], f: (x) => a.gather(x, axis, index(x.device)) };
    }),
  );
  differentiates(
    'scatterAdd',
    alongAxis.map(({ shape, axis, count, seed }): Checked => {
      const places = replaced(shape, axis, count);
      const index = (device: string) => indices(places, shape.at(axis) as number, seed, device);
      return { shapes: [shape, places], f: (x, s) => a.scatterAdd(x, axis, index(x.device), s) };
    }),
  );
  differentiates(
    'embedding',
    fc.tuple(shapes({ maxAxes: 2, maxSize: 9 }), fc.nat({ max: 99 })).map(([shape, seed]): Checked => {
      return { shapes: [[4, 3]], f: (w) => a.embedding(indices(shape, 4, seed, w.device), w) };
    }),
  );
});

describe('values', () => {
  const x = () =>
    a.tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  const index = (values: number[] | number[][]) => a.tensor(values, { dtype: 'int32' });

  it('are the same as in PyTorch', () => {
    expect(Array.from(a.indexSelect(x(), 1, index([2, 0, 2])).dataSync())).toEqual([3, 1, 3, 6, 4, 6]);
    expect(Array.from(a.indexAdd(x(), 0, index([1, 1]), x()).dataSync())).toEqual([1, 2, 3, 9, 12, 15]);
    expect(Array.from(a.gather(x(), 1, index([[2], [0]])).dataSync())).toEqual([3, 4]);
    expect(Array.from(a.gather(x(), 0, index([[1, 0]])).dataSync())).toEqual([4, 2]);
    const y = a.scatterAdd(
      x(),
      1,
      index([
        [0, 0],
        [2, 1],
      ]),
      a.tensor([
        [10, 20],
        [30, 40],
      ]),
    );
    expect(Array.from(y.dataSync())).toEqual([31, 2, 3, 4, 45, 36]);
    expect(a.embedding(index([[1, 0]]), x())).toEqual(
      a.tensor([
        [
          [4, 5, 6],
          [1, 2, 3],
        ],
      ]),
    );
    const bytes = a.tensor(new Uint8Array([1, 0]));
    expect(Array.from(a.embedding(bytes, x()).dataSync())).toEqual([4, 5, 6, 1, 2, 3]);
  });

  it('oneHot marks the label', () => {
    const y = a.oneHot(index([[1, 0]]), 3);
    expect([y.shape, y.dtype, ...y.dataSync()]).toEqual([[1, 2, 3], 'float32', 0, 1, 0, 1, 0, 0]);
    expect(a.oneHot(index([1]), 2, { dtype: 'bool' }).dtype).toBe('bool');
    expect(() => a.oneHot(index([3]), 3)).toThrow('oneHot: expected labels in [0, 2], got 3');
    expect(() => a.oneHot(index([3]), 1.5)).toThrow('oneHot: expected classes to be an integer >= 0, got 1.5');
  });

  it('of an index must be inside the axis', () => {
    expect(() => a.indexSelect(x(), 0, index([2]))).toThrow('indexSelect: expected indices in [0, 2), got 2');
    expect(() => a.indexAdd(x(), 0, index([-1]), a.zeros([1, 3]))).toThrow('indexAdd: expected indices in [0, 2)');
    expect(() => a.gather(x(), 1, index([[3], [0]]))).toThrow('gather: expected indices in [0, 3), got 3');
    expect(() => a.scatterAdd(x(), 1, index([[3]]), a.zeros([1, 1]))).toThrow('scatterAdd: expected indices in [0, 3)');
    expect(() => a.embedding(index([7]), x())).toThrow('embedding: expected indices in [0, 1], got 7');
  });

  it('must have shapes and dtypes that fit', () => {
    expect(() => a.indexSelect(x(), 0, a.tensor([1]))).toThrow('indexSelect: expected index of int32, got float32');
    expect(() => a.indexSelect(x(), 0, index([[1]]))).toThrow(
      'indexSelect: expected an index with one axis, got (1, 1)',
    );
    expect(() => a.indexSelect(x(), 2, index([1]))).toThrow('indexSelect: expected axis in [-2, 1], got 2');
    expect(() => a.indexAdd(x(), 0, index([1]), x())).toThrow('indexAdd: expected source (1, 3), got (2, 3)');
    expect(() => a.gather(x(), 1, index([1]))).toThrow(
      'gather: expected an index that fits (2, 3) except for axis 1, got (1)',
    );
    expect(() => a.gather(x(), 0, index([[1, 0, 1, 0]]))).toThrow('gather: expected an index that fits');
    expect(() => a.scatterAdd(x(), 1, index([[1]]), x())).toThrow('scatterAdd: expected source (1, 1), got (2, 3)');
    const whole = a.zeros([1, 1], { dtype: 'int32' });
    expect(() => a.scatterAdd(x(), 1, index([[1]]), whole)).toThrow(
      'scatterAdd: expected source of float32, got int32',
    );
    expect(() => a.embedding(index([0]), a.zeros([3]))).toThrow('embedding: expected weight (V, D), got (3)');
    expect(input([2, 3], 1).gather(1, index([[0], [1]])).shape).toEqual([2, 1]);
  });
});
