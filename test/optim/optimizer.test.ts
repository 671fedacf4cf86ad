import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backward } from '../../src/autograd/backward.js';
import { tensor } from '../../src/autograd/create.js';
import { gradOf, setGrad } from '../../src/autograd/graph.js';
import { mul, sub } from '../../src/autograd/ops/math/arithmetic.js';
import { sum } from '../../src/autograd/ops/math/reduction.js';
import { ReleasedError, ShapeError } from '../../src/errors.js';
import * as optim from '../../src/optim/index.js';
import { scope } from '../../src/tensor/memory/scope.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { close } from '../helpers/close.js';
import { vector } from './arbitrary.js';
import { devices, follow, give, parameter, valuesOf } from './helpers.js';
import { kinds } from './kinds.js';

const lr = 0.1;

const rows = (steps: number, ...sizes: number[]) =>
  Array.from({ length: steps }, (_, t) =>
    sizes.map((n, j) => Array.from({ length: n }, (_, i) => Math.sin(t + 3 * j + i))),
  );

describe.each(devices)('every optimizer on %s', (device) => {
  describe.each(kinds)('$name $options', ({ name, options: rule, slots }) => {
    const options = { lr, weightDecay: 0, ...rule };

    it('updates n parameters as n optimizers with one parameter each do', () => {
      const gradient = fc.option(vector(2));
      const gradients = fc.array(fc.tuple(gradient, gradient, gradient), { minLength: 1, maxLength: 8 });
      fc.assert(
        fc.property(gradients, (steps) => {
          const make = () => [0, 1, 2].map((i) => parameter([i, -i], { device }));
          const [together, alone] = [make(), make()];
          const paths = follow(optim.create(name, together, options), together, steps);
          const single = alone.map((p, i) =>
            follow(
              optim.create(name, [p], options),
              [p],
              steps.map((row) => [row[i]]),
            ),
          );
          expect(paths).toEqual(steps.map((_, t) => single.map((path) => path[t][0])));
        }),
        { numRuns: 30 },
      );
    });

    it('skips a parameter without a gradient and keeps its step count', () => {
      const params = [parameter([1, 2], { device }), parameter([3, 4], { device })];
      const optimizer = optim.create(name, params, options);
      follow(optimizer, params, [
        [[1, 1], null],
        [
          [1, 2],
          [3, 4],
        ],
        [[2, 1], null],
      ]);
      const { state } = optimizer.stateDict();
      expect([state[0].step, state[1].step]).toEqual([3, 1]);
    });

    it('maximizes by negating the gradient but not the decay', () => {
      for (const decay of ['l2', 'decoupled'] as const) {
        const [p, q] = [parameter([1, -2, 3], { device }), parameter([1, -2, 3], { device })];
        const gradients = rows(5, 3);
        const negative = gradients.map((row) => row.map((g) => g.map((x) => -x)));
        const decayed = { ...options, decay, weightDecay: 0.1 };
        const up = follow(optim.create(name, [p], { ...decayed, maximize: true }), [p], gradients);
        expect(up).toEqual(follow(optim.create(name, [q], decayed), [q], negative));
      }
    });

    it('applies decay to the gradient or directly to the parameter', () => {
      const gradients = rows(1, 2);
      const step = (given: Record<string, unknown>, shift: number, start = [3, -2]) => {
        const p = parameter(start, { device });
        const moved = gradients.map((row) => row.map((g) => g.map((x, i) => x + shift * start[i])));
        return follow(optim.create(name, [p], { ...options, ...given }), [p], moved)[0][0];
      };
      const plain = step({}, 0);
      close(step({ decay: 'l2', weightDecay: 0.1 }, 0), step({}, 0.1), 1e-6);
      const shrunk = plain.map((x, i) => x - lr * 0.1 * [3, -2][i]);
      close(step({ decay: 'decoupled', weightDecay: 0.1 }, 0), shrunk, 1e-6);
    });

    it('keeps only its slots in memory from step to step', () => {
      const p = parameter(Array.from({ length: 100 }, Math.sin), { device });
      const target = tensor(Array.from({ length: 100 }, Math.cos), { device });
      const optimizer = optim.create(name, [p], options);
      const before = memory(device);
      const live: number[] = [];
      for (let t = 1; t <= 300; t++) {
        scope(() => {
          optimizer.zeroGrad();
          const error = sub(p, target);
          backward(sum(mul(error, error)));
          optimizer.step();
        });
        live.push(memory(device).bytes);
      }
      optimizer.zeroGrad();
      expect(live[299]).toBe(live[2]);
      expect(memory(device).bytes - before.bytes).toBe(slots.length * 400);
      optimizer.dispose();
      expect(memory(device)).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
    });

    it('refuses a gradient of another shape before anything changes', () => {
      const params = [parameter([1, 2], { device }), parameter([3, 4], { device })];
      const optimizer = optim.create(name, params, options);
      give(params[0], [1, 1]);
      setGrad(params[1], tensor([[1, 1]], { device }));
      expect(() => optimizer.step()).toThrow(ShapeError);
      expect(() => optimizer.step()).toThrow(/expected a gradient \(2\), got \(1, 2\)/);
      expect(params.map(valuesOf)).toEqual([
        [1, 2],
        [3, 4],
      ]);
      expect(optimizer.stateDict().state).toEqual({});
    });
  });
});

describe('Optimizer', () => {
  it('gives each group its own options', () => {
    const [a, b, c] = [parameter([0]), parameter([0]), parameter([0])];
    const optimizer = new optim.SGD([{ params: [a], lr: 1 }, { params: [b] }], { lr: 0.5 });
    optimizer.addParamGroup({ params: [c], lr: 0.25, maximize: true });
    const path = follow(optimizer, [a, b, c], [[[1], [1], [1]]]);
    expect(path[0]).toEqual([[-1], [-0.5], [0.25]]);
    expect(optimizer.paramGroups.map(({ lr: rate, initialLr }) => [rate, initialLr])).toEqual([
      [1, 1],
      [0.5, 0.5],
      [0.25, 0.25],
    ]);
  });

  it('accepts an option without a default if every group gives it', () => {
    const optimizer = optim.create('sgd', [{ params: [parameter([1])], lr: 0.3 }]);
    expect(optimizer.paramGroups[0].lr).toBe(0.3);
  });

  it('uses options that change between steps', () => {
    const p = parameter([0]);
    const optimizer = new optim.SGD([p], { lr: 1 });
    follow(optimizer, [p], [[[1]]]);
    optimizer.paramGroups[0].lr = 0.5;
    optimizer.paramGroups[0].momentum = 0.5;
    expect(follow(optimizer, [p], [[[1]], [[1]]])).toEqual([[[-1.5]], [[-2.25]]]);
  });

  it('writes parameters in place', () => {
    const p = parameter([1]);
    const { storage } = p;
    follow(new optim.Adam([p]), [p], [[[1]]]);
    expect(p.storage).toBe(storage);
  });

  it('does not change gradients, and zeroGrad frees them', () => {
    const p = parameter([2]);
    const optimizer = new optim.PNM([p], { lr: 1, weightDecay: 0.5, decay: 'l2', maximize: true });
    give(p, [3]);
    const grad = gradOf(p);
    optimizer.step();
    expect(grad && valuesOf(grad)).toEqual([3]);
    optimizer.zeroGrad();
    expect(gradOf(p)).toBeNull();
    expect(() => grad?.dataSync()).toThrow(ReleasedError);
  });

  it('frees its slots at the end of a block that declares it with using', () => {
    const p = parameter([0]);
    const before = memory('reference');
    {
      using optimizer = new optim.Adam([p]);
      using average = new optim.ExponentialMovingAverage([p]);
      follow(optimizer, [p], [[[1]]]);
      average.update();
      optimizer.zeroGrad();
      // two slots and an average
      expect(memory('reference').tensors).toBe(before.tensors + 3);
    }
    expect(memory('reference')).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });

  it('keeps slots that were created in a scope after it ends', () => {
    const p = parameter([0]);
    const optimizer = new optim.SGD([p], { lr: 1, momentum: 0.5 });
    for (let t = 0; t < 3; t++) scope(() => follow(optimizer, [p], [[[1]]]));
    expect(valuesOf(p)).toEqual([-1 - 1.5 - 1.75]);
  });

  it('accepts empty parameters and scalars', () => {
    const params = [parameter([]), parameter([1], { shape: [] })];
    expect(follow(new optim.AdaPNM(params, { lr: 1 }), params, [[[], [0]]])).toEqual([[[], [1]]]);
  });
});
