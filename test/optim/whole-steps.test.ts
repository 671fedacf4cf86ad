import { afterEach, describe, expect, it, vi } from 'vitest';
import { gradOf } from '../../src/autograd/graph.js';
import { mul } from '../../src/autograd/ops/math/arithmetic.js';
import { assign, type Parameter } from '../../src/autograd/parameter.js';
import { OutOfMemoryError } from '../../src/errors.js';
import { clipGradNorm, clipGradValue, create, ExponentialMovingAverage } from '../../src/optim/index.js';
import { backendOf } from '../../src/tensor/device.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { devices, give, parameter, valuesOf } from './helpers.js';
import { kinds } from './kinds.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Lets the n-th call (from 0) of a method of the device fail, as for lack of memory; returns how many calls came. */
function failAt(device: string, method: 'allocate' | 'prepareMap', n: number): () => number {
  const backend = backendOf(device);
  const original = backend[method]?.bind(backend) as (...args: unknown[]) => unknown;
  let calls = 0;
  const failing = (...args: unknown[]) => {
    if (calls++ === n) throw new OutOfMemoryError('full');
    return original(...args);
  };
  vi.spyOn(backend as never as Record<string, typeof failing>, method).mockImplementation(failing);
  return () => calls;
}

const methods = (device: string) =>
  backendOf(device).prepareMap ? (['allocate', 'prepareMap'] as const) : ['allocate' as const];

/** Calls `work` with a failure at each of its calls of the device in turn, and expects that nothing has changed. */
function expectWholeOrNothing(device: string, work: () => void, contents: () => unknown): void {
  for (const method of methods(device)) {
    for (let n = 0; ; n++) {
      const before = contents();
      const { tensors } = memory(device);
      const calls = failAt(device, method, n);
      let failed = false;
      try {
        work();
      } catch (error) {
        failed = true;
        expect(error).toBeInstanceOf(OutOfMemoryError);
      }
      vi.restoreAllMocks();
      if (!failed) {
        expect(calls()).toBeLessThanOrEqual(n);
        // a second time, some work changes nothing
        if (method === 'allocate') expect(contents()).not.toEqual(before);
        break;
      }
      expect(contents()).toEqual(before);
      expect(memory(device).tensors).toBe(tensors);
    }
  }
}

describe.each(devices)('on %s', (device) => {
  const make = (): Parameter[] => {
    const params = [parameter([1, -2, 3], { device }), parameter([4], { device })];
    give(params[0], [0.1, 0.2, -0.3]);
    give(params[1], [5]);
    return params;
  };

  it.each(kinds)('a first and a later step of $name $options happen completely or not at all', ({ name, options }) => {
    const params = make();
    const optimizer = create(name, params, { lr: 0.1, ...options });
    const contents = () => {
      const { state, paramGroups } = optimizer.stateDict();
      const slots = Object.values(state).map((entry) =>
        Object.entries(entry).map(([key, value]) => [key, typeof value === 'number' ? value : valuesOf(value)]),
      );
      return JSON.stringify([params.map(valuesOf), slots, paramGroups]);
    };
    for (let step = 0; step < 2; step++) expectWholeOrNothing(device, () => optimizer.step(), contents);
  });

  it('averages and clipping happen completely or not at all', () => {
    const params = make();
    const average = new ExponentialMovingAverage(params, { decay: 0.5 });
    for (const p of params) assign(p, mul(p, 3));
    const averages = () => JSON.stringify([average.updates, average.averages.map(valuesOf)]);
    expectWholeOrNothing(device, () => average.update(), averages);
    const values = () => JSON.stringify(params.map(valuesOf));
    expectWholeOrNothing(device, () => average.copyTo(), values);
    const gradients = () => JSON.stringify(params.map((p) => valuesOf(gradOf(p) ?? p)));
    expectWholeOrNothing(device, () => void clipGradNorm(params, 1).dispose(), gradients);
    expectWholeOrNothing(device, () => clipGradValue(params, 0.1), gradients);
  });
});
