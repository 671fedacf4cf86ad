import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { close } from '../helpers/close.js';
import { type Checked, differentiates, input } from './checks.js';

const between = (min: number, max: number) => fc.integer({ min, max });

const convolutions = fc
  .record({
    batch: fc.oneof({ weight: 5, arbitrary: between(1, 2) }, { weight: 1, arbitrary: fc.constant(0) }),
    groups: between(1, 2),
    inPerGroup: between(1, 2),
    outPerGroup: between(1, 2),
    kernel: fc.tuple(between(1, 3), between(1, 3)),
    extra: fc.tuple(between(0, 3), between(0, 3)),
    stride: fc.tuple(between(1, 2), between(1, 2)),
    padding: fc.tuple(between(0, 2), between(0, 2)),
    dilation: fc.tuple(between(1, 2), between(1, 2)),
    bias: fc.boolean(),
  })
  .map(({ batch, groups, inPerGroup, outPerGroup, kernel, extra, bias, ...options }): Checked => {
    const { stride, padding, dilation } = options;
    const size = (axis: 0 | 1) =>
      Math.max(1, dilation[axis] * (kernel[axis] - 1) + 1 - 2 * padding[axis]) + extra[axis];
    const x = [batch, groups * inPerGroup, size(0), size(1)];
    const w = [groups * outPerGroup, inPerGroup, ...kernel];
    return {
      shapes: bias ? [x, w, [w[0]]] : [x, w],
      f: (...t) => a.conv2d(t[0], t[1], t[2], { stride, padding, dilation, groups }),
    };
  });

const poolings = fc
  .record({
    lead: fc.tuple(
      fc.oneof({ weight: 5, arbitrary: between(1, 2) }, { weight: 1, arbitrary: fc.constant(0) }),
      between(1, 2),
    ),
    kernel: fc.tuple(between(1, 3), between(1, 3)),
    extra: fc.tuple(between(0, 3), between(0, 3)),
    stride: fc.option(fc.tuple(between(1, 3), between(1, 3)), { nil: undefined }),
    padded: fc.boolean(),
    ceilMode: fc.boolean(),
  })
  .map(({ lead, kernel, extra, stride, padded, ceilMode }) => ({
    shape: [...lead, kernel[0] + extra[0], kernel[1] + extra[1]],
    kernel,
    options: { stride, padding: padded ? ([kernel[0] >> 1, kernel[1] >> 1] as const) : 0, ceilMode },
  }));

describe('conv2d', () => {
  differentiates('conv2d with any geometry', convolutions, { numRuns: 15 });

  it('says which shapes and options fit', () => {
    const [x, w] = [a.zeros([1, 4, 5, 5]), a.zeros([8, 3, 3, 3])];
    expect(() => a.conv2d(x, w)).toThrow(
      'conv2d: expected weight (out, in/groups, kH, kW) with in = 4 and groups = 1 dividing out, got (8, 3, 3, 3)',
    );
    expect(() => a.conv2d(a.zeros([4, 5, 5]), w)).toThrow('conv2d: expected input (B, C, H, W), got (4, 5, 5)');
    const fitting = a.zeros([8, 4, 3, 3]);
    expect(() => a.conv2d(x, fitting, a.zeros([4]))).toThrow('conv2d: expected bias (8), got (4)');
    expect(() => a.conv2d(x, fitting, null, { stride: 0 })).toThrow(
      'conv2d: expected option stride to be an integer >= 1 or a pair of them, got 0',
    );
    expect(() => a.conv2d(x, a.zeros([8, 4, 6, 6]))).toThrow('conv2d: expected a kernel that fits');
    expect(() => a.conv2d(a.zeros([1, 4, 5, 5], { dtype: 'uint8' }), fitting)).toThrow(
      'conv2d: expected float32, got uint8',
    );
  });
});

describe('pooling', () => {
  differentiates(
    'maxPool2d',
    poolings.map(
      ({ shape, kernel, options }): Checked => ({
        shapes: [shape],
        f: (x) => a.maxPool2d(x, kernel, options),
      }),
    ),
  );
  differentiates(
    'avgPool2d',
    poolings.map(
      ({ shape, kernel, options }): Checked => ({
        shapes: [shape],
        f: (x) => a.avgPool2d(x, kernel, options),
      }),
    ),
  );
  differentiates(
    'adaptiveAvgPool2d to any size',
    fc.record({ h: between(1, 7), w: between(1, 7), rows: between(1, 5), columns: between(1, 5) }).map(
      ({ h, w, rows, columns }): Checked => ({
        shapes: [[2, 1, h, w]],
        f: (x) => a.adaptiveAvgPool2d(x, [rows, columns]),
      }),
    ),
  );

  differentiates(
    'adaptiveMaxPool2d to any size',
    fc.record({ h: between(1, 7), w: between(1, 7), rows: between(1, 5), columns: between(1, 5) }).map(
      ({ h, w, rows, columns }): Checked => ({
        shapes: [[2, 1, h, w]],
        f: (x) => a.adaptiveMaxPool2d(x, [rows, columns]),
      }),
    ),
  );

  it('adaptive pooling computes the mean and the maximum of each window of its grid', () => {
    fc.assert(
      fc.property(between(1, 8), between(1, 8), between(1, 6), between(1, 6), (h, w, rows, columns) => {
        const x = input([1, 2, h, w], 1);
        const [means, maxima] = [a.adaptiveAvgPool2d(x, [rows, columns]), a.adaptiveMaxPool2d(x, [rows, columns])];
        for (const y of [means, maxima]) expect(y.shape).toEqual([1, 2, rows, columns]);
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            const window = x.slice([
              null,
              null,
              [Math.floor((i * h) / rows), Math.ceil(((i + 1) * h) / rows)],
              [Math.floor((j * w) / columns), Math.ceil(((j + 1) * w) / columns)],
            ]);
            const at = [null, null, [i, i + 1], [j, j + 1]] as const;
            close(means.slice(at).dataSync(), window.mean([2, 3]).dataSync(), 1e-12, 1e-12);
            close(maxima.slice(at).dataSync(), window.max([2, 3]).dataSync(), 0, 0);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('adaptiveMaxPool2d gives the gradient to the first of equal elements of each window', () => {
    const x = a.ones([1, 1, 5, 7], { requiresGrad: true });
    a.adaptiveMaxPool2d(x, [2, 3]).sum().backward();
    const first = Array.from({ length: 35 }, (_, i) =>
      Number([0, 2, 4].includes(i % 7) && [0, 2].includes((i / 7) | 0)),
    );
    expect([...(x.grad as a.Tensor).dataSync()]).toEqual(first);
  });

  it('with ceilMode adds the windows that extend beyond the input, without counting what is beyond', () => {
    const x = a.tensor([1, 2, 3, 4, 5, 6], { shape: [1, 1, 1, 6] });
    const options = { stride: [1, 4], ceilMode: true } as const;
    expect([...a.maxPool2d(x, [1, 3], options).dataSync()]).toEqual([3, 6]);
    expect([...a.avgPool2d(x, [1, 3], options).dataSync()]).toEqual([2, 5.5]);
    // padding counts as zeros, and no window begins in the padding on the right
    const padded = { ...options, padding: [0, 1] } as const;
    expect([...a.avgPool2d(x, [1, 3], padded).dataSync()]).toEqual([1, 5]);
    expect(a.maxPool2d(x, [1, 2], { stride: [1, 7], padding: [0, 1], ceilMode: true }).shape).toEqual([1, 1, 1, 1]);
  });

  it('says which shapes and options fit', () => {
    const x = a.zeros([1, 2, 4, 4]);
    expect(() => a.maxPool2d(a.zeros([4, 4]), 2)).toThrow('maxPool2d: expected input (B, C, H, W), got (4, 4)');
    expect(() => a.maxPool2d(x, 3, { padding: 2 })).toThrow('maxPool2d: expected padding of at most half the kernel');
    expect(() => a.avgPool2d(x, 5)).toThrow('avgPool2d: expected a kernel that fits the padded input');
    expect(() => a.adaptiveAvgPool2d(x, 0)).toThrow(
      'adaptiveAvgPool2d: expected outputSize to be an integer >= 1 or a pair of them, got 0',
    );
    expect(() => a.adaptiveAvgPool2d(x, 2 ** 40)).toThrow(a.OutOfMemoryError);
    expect(() => a.adaptiveAvgPool2d(a.zeros([2, 3]), 1)).toThrow('adaptiveAvgPool2d: expected input (B, C, H, W)');
    expect(() => a.maxPool2d(a.zeros([1, 1, 2, 2], { dtype: 'int32' }), 2)).toThrow(
      'maxPool2d: expected float32, got int32',
    );
  });
});
