import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Axis, backwardAxis, forwardAxis } from '../../../src/backends/cpu/conv/axis.js';
import { directConv2d, directInputGrad } from '../../../src/backends/cpu/conv/direct.js';
import { withoutPadding } from '../../../src/backends/cpu/conv/padding.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { conv2d, conv2dInputGrad } from '../../../src/backends/reference/conv2d.js';
import { conv2dGeometry } from '../../../src/tensor/geometry.js';
import { numel } from '../../../src/tensor/shape.js';

/** For each output of an axis, the taps that read the input, with what they read. */
function reads({ outputs, inputs, step, parts }: Axis): string[][] {
  const all: string[][] = Array.from({ length: outputs }, () => []);
  for (const part of parts) {
    for (let i = 0; i < part.count; i++) {
      const list = all[part.start + i * part.stride];
      list.push('output');
      for (let q = 0; q < part.taps; q++) {
        const place = i * step + part.offset + q * part.offsetStep;
        if (place >= 0 && place < inputs) list.push(`${part.tap + q * part.tapStep} reads ${place}`);
      }
    }
  }
  return all;
}

const sizes = fc
  .record({
    kernel: fc.integer({ min: 1, max: 9 }),
    stride: fc.integer({ min: 1, max: 4 }),
    dilation: fc.integer({ min: 1, max: 3 }),
    pad: fc.integer({ min: 0, max: 12 }),
    spare: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ kernel, stride, dilation, pad, spare }) => {
    const input = Math.max(1, dilation * (kernel - 1) + 1 - 2 * pad + spare);
    const output = Math.floor((input + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
    return { input, output, kernel, stride, pad, dilation };
  });

const lines = fc.constantFrom(1, 30, 1000, 1e6);

describe('axes without padding', () => {
  it.each([
    ['forward', forwardAxis],
    ['backward', backwardAxis],
  ])('read the same inputs as the whole axis: %s', (_, axisOf) => {
    fc.assert(
      fc.property(sizes, lines, (s, n) => {
        const axis = axisOf(s);
        expect(reads(withoutPadding(axis, n))).toEqual(reads(axis));
      }),
    );
  });

  it('read no padding if there are many lines', () => {
    fc.assert(
      fc.property(sizes, (s) => {
        for (const axis of [forwardAxis(s), backwardAxis(s)]) {
          const useful = reads(axis).reduce((sum, list) => sum + list.length - 1, 0);
          const cut = withoutPadding(axis, 1e6).parts.reduce((sum, part) => sum + part.taps * part.count, 0);
          expect(cut).toBeLessThanOrEqual(useful / 0.9);
        }
      }),
    );
  });
});

describe('convolutions much of whose input is padding', () => {
  const engine = new CpuRuntime({ threads: 2, mostPages: 4096 });
  afterAll(() => engine.resize(1));

  /** Values in the engine's memory and, for the reference, in an array. */
  function filled(shape: readonly number[], seed: number) {
    const size = numel(shape);
    const pointer = engine.allocate(4 * size);
    const values = engine.f32.subarray(pointer / 4, pointer / 4 + size);
    for (let i = 0; i < size; i++) values[i] = Math.fround(Math.sin(seed + i * 12.9898));
    return { shape, dtype: 'float32' as const, size, handle: Float64Array.from(values), pointer };
  }

  it.each([
    { x: [24, 3, 12, 12], w: [16, 3, 5, 5], options: {} },
    { x: [24, 9, 9, 7], w: [20, 9, 7, 7], options: { padding: 3 } },
    { x: [40, 6, 6, 6], w: [12, 2, 5, 5], options: { padding: 4, groups: 3 } },
    { x: [24, 4, 15, 15], w: [9, 4, 7, 7], options: { padding: 6, stride: 2 } },
    { x: [24, 4, 15, 11], w: [9, 4, 3, 3], options: { padding: 4, dilation: 4 } },
  ])('$x * $w, $options', ({ x: xShape, w: wShape, options }) => {
    const g = conv2dGeometry(xShape, wShape, options);
    const yShape = [g.batch, g.outChannels, g.outHeight, g.outWidth];
    const [x, w, bias] = [filled(xShape, 1), filled(wShape, 2), filled([g.outChannels], 3)];
    const [y, dy, dx] = [filled(yShape, 4), filled(yShape, 5), filled(xShape, 6)];
    directConv2d(engine, { input: x.pointer, weights: w.pointer, bias: bias.pointer, output: y.pointer }, g);
    conv2d(x, w, bias, y, g);
    directInputGrad(engine, dy.pointer, w.pointer, dx.pointer, g);
    conv2dInputGrad(dy, w, dx, g);
    for (const t of [y, dx]) {
      const values = engine.f32.subarray(t.pointer / 4, t.pointer / 4 + t.size);
      const difference = values.reduce((most, value, i) => Math.max(most, Math.abs(value - t.handle[i])), 0);
      const scale = t.handle.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      expect(difference / scale).toBeLessThan(1e-5);
    }
    for (const t of [x, w, bias, y, dy, dx]) engine.free(t.pointer);
  });
});
