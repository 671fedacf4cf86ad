import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { winogradConv2d, winogradInputGrad, winogradPays } from '../../../src/backends/cpu/conv/winograd.js';
import { winogradWeightGrad } from '../../../src/backends/cpu/conv/winograd-weight-grad.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from '../../../src/backends/reference/conv2d.js';
import { conv2dGeometry } from '../../../src/tensor/geometry.js';
import { numel } from '../../../src/tensor/shape.js';

const engine = new CpuRuntime({ threads: 2, mostPages: 4096 });
afterAll(() => engine.resize(1));

interface Values {
  readonly shape: readonly number[];
  readonly dtype: 'float32';
  readonly size: number;
  /** The values, for the reference. */
  readonly handle: Float64Array;
  /** The same in the engine's memory. */
  readonly pointer: number;
}

/** An array that repeats a short cycle of values that no symmetry of the transforms maps to itself. */
function filled(shape: readonly number[], seed: number): Values {
  const size = numel(shape);
  const pointer = engine.allocate(4 * size);
  const values = engine.f32.subarray(pointer / 4, pointer / 4 + size);
  for (let i = 0; i < size; i++) values[i] = Math.sin(seed + i * 12.9898) * 1.5 + 0.1;
  return { shape, dtype: 'float32', size, handle: Float64Array.from(values), pointer };
}

const valuesOf = (t: Values) => engine.f32.slice(t.pointer / 4, t.pointer / 4 + t.size);

/** The largest difference from the reference, relative to its largest value. */
function difference(t: Values): number {
  const scale = t.handle.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return valuesOf(t).reduce((most, value, i) => Math.max(most, Math.abs(value - t.handle[i])), 0) / scale;
}

const cases = fc.record({
  batch: fc.integer({ min: 1, max: 9 }),
  inChannels: fc.integer({ min: 1, max: 21 }),
  outChannels: fc.integer({ min: 1, max: 21 }),
  height: fc.integer({ min: 3, max: 18 }),
  width: fc.integer({ min: 3, max: 18 }),
  padY: fc.integer({ min: 0, max: 2 }),
  padX: fc.integer({ min: 0, max: 2 }),
});

/** So many channels that transformed weights, or their gradients, are computed in groups. */
const manyChannels = [
  { batch: 1, inChannels: 72, outChannels: 1024, height: 8, width: 7, padY: 1, padX: 1 },
  { batch: 1, inChannels: 1030, outChannels: 75, height: 5, width: 8, padY: 1, padX: 1 },
];

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function problem({ batch, inChannels, outChannels, height, width, padY, padX }: Case) {
  const x = filled([batch, inChannels, height, width], 1);
  const w = filled([outChannels, inChannels, 3, 3], 2);
  const g = conv2dGeometry(x.shape, w.shape, { padding: [padY, padX] });
  const y = filled([batch, outChannels, g.outHeight, g.outWidth], 3);
  const all = {
    x,
    w,
    bias: filled([outChannels], 4),
    y,
    dy: filled(y.shape, 5),
    dx: filled(x.shape, 6),
    dw: filled(w.shape, 7),
  };
  const run = () => {
    const tensors = { input: x.pointer, weights: w.pointer, bias: all.bias.pointer, output: y.pointer };
    winogradConv2d(engine, tensors, g);
    winogradInputGrad(engine, all.dy.pointer, w.pointer, all.dx.pointer, g);
    winogradWeightGrad(engine, x.pointer, all.dy.pointer, all.dw.pointer, g);
    return [y, all.dx, all.dw];
  };
  const free = () => {
    for (const t of Object.values(all)) engine.free(t.pointer);
  };
  return { g, ...all, run, free };
}

describe('Winograd convolution', () => {
  it('agrees with the definition for any plane, padding and number of channels', () => {
    fc.assert(
      fc.property(cases, (size) => {
        const { g, x, w, bias, y, dy, dx, dw, run, free } = problem(size);
        conv2d(x, w, bias, y, g);
        conv2dInputGrad(dy, w, dx, g);
        conv2dWeightGrad(x, dy, dw, g);
        for (const result of run()) expect(difference(result)).toBeLessThan(3e-5);
        free();
      }),
      { numRuns: 60, examples: manyChannels.map((size) => [size]) },
    );
  });

  it('computes the same bits on any number of threads', () => {
    fc.assert(
      fc.property(cases, (size) => {
        const { run, free } = problem(size);
        const byThreads = [1, 2, 3].map((threads) => {
          engine.resize(threads);
          return run().map(valuesOf);
        });
        expect(byThreads[1]).toEqual(byThreads[0]);
        expect(byThreads[2]).toEqual(byThreads[0]);
        free();
      }),
      { numRuns: 20 },
    );
  });

  it('leaks no memory', () => {
    const used = engine.usedBytes;
    const { run, free } = problem({ batch: 9, inChannels: 5, outChannels: 6, height: 9, width: 7, padY: 1, padX: 1 });
    run();
    free();
    expect(engine.usedBytes).toBe(used);
  });

  it('leaks no memory when out of memory', () => {
    const used = engine.usedBytes;
    const { g, x, w, y, dw, free } = problem({
      batch: 9,
      inChannels: 5,
      outChannels: 6,
      height: 9,
      width: 7,
      padY: 1,
      padX: 1,
    });
    for (const n of [0, 1]) {
      let left = n;
      const failing = Object.create(engine, {
        allocate: {
          value: (bytes: number) => {
            if (left-- === 0) throw new Error('no memory');
            return engine.allocate(bytes);
          },
        },
        free: { value: (pointer: number) => engine.free(pointer) },
        run: { value: engine.run.bind(engine) },
        threads: { value: 1 },
      });
      const tensors = { input: x.pointer, weights: w.pointer, bias: 0, output: y.pointer };
      expect(() => winogradConv2d(failing, tensors, g)).toThrow('no memory');
      left = n;
      expect(() => winogradWeightGrad(failing, x.pointer, y.pointer, dw.pointer, g)).toThrow('no memory');
    }
    free();
    expect(engine.usedBytes).toBe(used);
  });

  it('is chosen for 3x3 kernels at stride 1 with enough channels', () => {
    const geometry = (channels: number, size: number, options: { groups?: number; stride?: number } = {}) =>
      conv2dGeometry([4, channels, size, size], [16, channels / (options.groups ?? 1), 3, 3], {
        padding: 1,
        ...options,
      });
    expect(winogradPays(geometry(16, 8))).toBe(true);
    expect(winogradPays(geometry(3, 8))).toBe(false);
    expect(winogradPays(geometry(16, 8, { stride: 2 }))).toBe(false);
    expect(winogradPays(geometry(16, 8, { groups: 4 }))).toBe(false);
    expect(winogradPays(geometry(16, 5))).toBe(false);
  });
});
