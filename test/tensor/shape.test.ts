import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError, ValueError } from '../../src/errors.js';
import { conv2dGeometry, pool2dGeometry } from '../../src/tensor/geometry.js';
import {
  broadcastShapes,
  broadcastStrides,
  checkShape,
  normalizeAxes,
  normalizeAxis,
  numel,
  reducedShape,
  sameShape,
  stridesOf,
} from '../../src/tensor/shape.js';
import { broadcastsTo, product, shapes } from '../helpers/arbitraries.js';

describe('strides', () => {
  it('count row-major elements', () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(stridesOf([])).toEqual([]);
    expect(stridesOf([3, 0, 2])).toEqual([0, 2, 1]);
    fc.assert(
      fc.property(shapes(), (shape) => {
        expect(numel(shape)).toBe(product(shape));
        expect(stridesOf(shape)).toEqual(shape.map((_, axis) => product(shape.slice(axis + 1))));
      }),
    );
  });

  it('are 0 along repeated axes', () => {
    expect(broadcastStrides([3, 1], [2, 3, 4])).toEqual([0, 1, 0]);
    expect(broadcastStrides([], [2, 3])).toEqual([0, 0]);
    expect(broadcastStrides([2, 3], [2, 3])).toEqual([3, 1]);
  });
});

describe('broadcasting', () => {
  it('repeats axes of size 1 and missing leading axes', () => {
    expect(broadcastShapes('add', [2, 1, 4], [3, 1])).toEqual([2, 3, 4]);
    expect(broadcastShapes('add', [5], [])).toEqual([5]);
    expect(broadcastShapes('add')).toEqual([]);
    expect(broadcastShapes('add', [0, 3], [1, 1])).toEqual([0, 3]);
    expect(broadcastShapes('add', [1], [0])).toEqual([0]);
  });

  it('recovers the shape to which all of them broadcast', () => {
    const arbitrary = shapes().chain((full) => fc.tuple(fc.constant(full), broadcastsTo(full), broadcastsTo(full)));
    fc.assert(
      fc.property(arbitrary, ([full, a, b]) => {
        expect(broadcastShapes('add', a, full, b)).toEqual(full);
        expect(broadcastShapes('add', a, b)).toEqual(broadcastShapes('add', b, a));
        expect(sameShape(full, broadcastShapes('add', full))).toBe(true);
      }),
    );
  });

  it('rejects other shapes with a message that names the operation', () => {
    expect(() => broadcastShapes('add', [2, 3], [2])).toThrow(ShapeError);
    expect(() => broadcastShapes('add', [2, 3], [2])).toThrow(
      'add: expected shapes that broadcast, got (2, 3) and (2)',
    );
    expect(() => broadcastShapes('mul', [0], [2])).toThrow('mul: expected shapes that broadcast, got (0) and (2)');
  });
});

describe('axes', () => {
  it('count from the end if negative', () => {
    expect(normalizeAxis('sum', -1, 3)).toBe(2);
    expect(normalizeAxis('sum', 0, 3)).toBe(0);
    expect(normalizeAxes('sum', [-1, 0], 3)).toEqual([0, 2]);
    expect(normalizeAxes('sum', undefined, 3)).toEqual([0, 1, 2]);
    expect(normalizeAxes('sum', 1, 3)).toEqual([1]);
  });

  it('must exist and be distinct', () => {
    expect(() => normalizeAxis('sum', 3, 3)).toThrow('sum: expected axis in [-3, 2], got 3');
    expect(() => normalizeAxis('sum', -4, 3)).toThrow(ValueError);
    expect(() => normalizeAxis('sum', 0.5, 3)).toThrow(ValueError);
    expect(() => normalizeAxes('sum', [0, -3], 3)).toThrow('sum: expected distinct axes');
  });

  it('are dropped or kept by a reduction', () => {
    expect(reducedShape([2, 3, 4], [0, 2], false)).toEqual([3]);
    expect(reducedShape([2, 3, 4], [0, 2], true)).toEqual([1, 3, 1]);
    expect(reducedShape([2, 3], [], false)).toEqual([2, 3]);
  });

  it('have integer lengths', () => {
    expect(checkShape('zeros', [0, 3])).toEqual([0, 3]);
    for (const shape of [[-1], [1.5], [Number.NaN], 3 as unknown as number[]]) {
      expect(() => checkShape('zeros', shape)).toThrow('zeros: expected a shape of integers');
    }
  });
});

describe('conv2dGeometry', () => {
  it('counts the positions where the kernel fits', () => {
    const g = conv2dGeometry([2, 6, 32, 31], [8, 3, 3, 5], {
      stride: [1, 2],
      padding: [1, 0],
      dilation: [2, 1],
      groups: 2,
    });
    expect(g).toMatchObject({ batch: 2, inChannels: 6, outChannels: 8, outHeight: 30, outWidth: 14, groups: 2 });
    const windows = fc.record({
      size: fc.integer({ min: 1, max: 30 }),
      kernel: fc.integer({ min: 1, max: 5 }),
      stride: fc.integer({ min: 1, max: 4 }),
      padding: fc.integer({ min: 0, max: 3 }),
      dilation: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(windows, ({ size, kernel, stride, padding, dilation }) => {
        let places = 0;
        for (let at = -padding; at + dilation * (kernel - 1) < size + padding; at += stride) places++;
        const geometry = () =>
          conv2dGeometry([1, 1, size, size], [1, 1, kernel, kernel], { stride, padding, dilation });
        if (places > 0) expect(geometry()).toMatchObject({ outHeight: places, outWidth: places });
        else expect(geometry).toThrow(ShapeError);
      }),
    );
  });

  it('names what does not fit', () => {
    const bad = (x: number[], w: number[], options: object, message: string) =>
      expect(() => conv2dGeometry(x, w, options)).toThrow(message);
    bad([3, 32, 32], [1, 3, 3, 3], {}, 'conv2d: expected input (B, C, H, W), got (3, 32, 32)');
    bad([1, 64, 8, 8], [128, 32, 3, 3], {}, 'expected weight (out, in/groups, kH, kW) with in = 64');
    bad([1, 4, 8, 8], [3, 2, 3, 3], { groups: 2 }, 'groups = 2 dividing out, got (3, 2, 3, 3)');
    bad(
      [1, 1, 2, 2],
      [1, 1, 3, 3],
      {},
      'expected a kernel that fits the padded input, got kernel (3, 3) on (1, 1, 2, 2)',
    );
    bad(
      [1, 1, 4, 4],
      [1, 1, 3, 3],
      { stride: 0 },
      'conv2d: expected option stride to be an integer >= 1 or a pair of them, got 0',
    );
    bad(
      [1, 1, 4, 4],
      [1, 1, 3, 3],
      { padding: -1 },
      'conv2d: expected option padding to be an integer >= 0 or a pair of them, got -1',
    );
    bad(
      [1, 1, 4, 4],
      [1, 1, 3, 3],
      { dilation: [1, 0.5] },
      'conv2d: expected option dilation to be an integer >= 1 or a pair of them, got [1, 0.5]',
    );
    bad([1, 1, 4, 4], [1, 1, 3, 3], { groups: 0 }, 'conv2d: expected option groups to be an integer >= 1, got 0');
  });
});

describe('pool2dGeometry', () => {
  it('moves by the kernel size by default', () => {
    const x = [2, 3, 9, 7];
    expect(pool2dGeometry('maxPool2d', x, 2)).toMatchObject({
      planes: 6,
      outHeight: 4,
      outWidth: 3,
      strideY: 2,
      strideX: 2,
    });
    expect(pool2dGeometry('maxPool2d', x, [3, 2], { stride: 1, padding: [1, 0] })).toMatchObject({
      outHeight: 9,
      outWidth: 6,
    });
  });

  it('names what does not fit', () => {
    expect(() => pool2dGeometry('maxPool2d', [3, 9, 7], 2)).toThrow(
      'maxPool2d: expected input (B, C, H, W), got (3, 9, 7)',
    );
    expect(() => pool2dGeometry('avgPool2d', [1, 1, 4, 4], 3, { padding: 2 })).toThrow(
      'avgPool2d: expected padding of at most half the kernel, got 2 for kernel 3',
    );
    expect(() => pool2dGeometry('maxPool2d', [1, 1, 2, 2], 3)).toThrow(ShapeError);
    expect(() => pool2dGeometry('maxPool2d', [1, 1, 2, 2], 0)).toThrow(
      'maxPool2d: expected kernelSize to be an integer >= 1 or a pair of them, got 0',
    );
  });
});
