import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as optim from '../../src/optim/index.js';
import { close } from '../helpers/close.js';
import { follow, give, parameter, valuesOf } from './helpers.js';
import { kinds } from './kinds.js';

const number = fc.integer({ min: -16, max: 16 }).map((n) => n / 8);
const vector = fc.array(number, { minLength: 3, maxLength: 3 });
const gradients = fc.array(vector, { minLength: 1, maxLength: 12 });
const unit = (max: number) => fc.double({ min: 0, max, noNaN: true });

describe('decoupled and L2 decay', () => {
  it('are the same for plain SGD: theta - lr (g + lambda theta) = (1 - lr lambda) theta - lr g', () => {
    fc.assert(
      fc.property(vector, gradients, unit(1), unit(1), (start, rows, lr, weightDecay) => {
        const paths = (['l2', 'decoupled'] as const).map((decay) => {
          const p = parameter(start);
          const optimizer = new optim.SGD([p], { lr, weightDecay, decay });
          return follow(
            optimizer,
            [p],
            rows.map((g) => [g]),
          ).flat(2);
        });
        close(paths[0], paths[1], 1e-5, 1e-5);
      }),
    );
  });

  it('differ for momentum, whose past steps L2 decay enters', () => {
    const [l2, decoupled] = (['l2', 'decoupled'] as const).map((decay) => {
      const p = parameter([1]);
      return follow(new optim.SGD([p], { lr: 0.1, momentum: 0.9, weightDecay: 0.5, decay }), [p], [[[1]], [[1]]]);
    });
    expect(l2[0]).toEqual(decoupled[0]);
    expect(Math.abs(l2[1][0][0] - decoupled[1][0][0])).toBeGreaterThan(0.01);
  });
});

describe('the scale of the gradients', () => {
  // clipped rates (AdaBound), powers other than 1/2 (Padam) and steps without v (the first of RAdam) depend on it
  const pair = optim.pnm({ beta0: 1 });
  it.each([
    { name: 'adam', options: {} },
    { name: 'adam', options: { momentum: pair } },
    { name: 'amsgrad', options: {} },
    { name: 'adamw', options: { weightDecay: 0.1 } },
    { name: 'adapnm', options: { weightDecay: 0.1 } },
    { name: 'adapnm', options: { amsgrad: false } },
    { name: 'padam', options: { partial: 0.5 } },
    { name: 'yogi', options: { initialAccumulator: 0 } },
  ])('does not matter to $name $options, up to eps', ({ name, options }) => {
    fc.assert(
      fc.property(vector, gradients, fc.integer({ min: -12, max: 12 }), (start, rows, power) => {
        const path = (scale: number) => {
          const p = parameter(start);
          const scaled = rows.map((g) => [g.map((x) => scale * x)]);
          return follow(optim.create(name, [p], { lr: 0.01, eps: 1e-16, ...options }), [p], scaled).flat(2);
        };
        close(path(2 ** power), path(1), 1e-6, 1e-6);
      }),
    );
  });
});

describe('a Rosenbrock valley', () => {
  const value = ([x, y]: readonly number[]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2;
  const slope = ([x, y]: readonly number[]) => [2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)];
  // rates of rules that take the gradient as it is; those that divide by its size share one
  const rates: Readonly<Record<string, number>> = { sgd: 2e-4, pnm: 1e-3, padam: 5e-3, radam: 3e-3 };

  it.each(kinds)('is descended by $name $options', ({ name, options }) => {
    const rate = rates[name] ?? 0.02;
    // along the valley, plain descent goes ten times slower than momentum 0.9
    const lr = name === 'sgd' && !('momentum' in options) ? 10 * rate : rate;
    const p = parameter([-1, 0.5]);
    const bounds = name === 'adabound' ? { finalLr: 1e-3 } : {};
    const optimizer = optim.create(name, [p], { lr, ...bounds, ...options, weightDecay: 0 });
    const schedule = new optim.lr.MultiStepLR(optimizer, { milestones: [12_000], gamma: 0.1 });
    const start = value(valuesOf(p));
    for (let t = 0; t < 15_000; t++) {
      give(p, slope(valuesOf(p)));
      optimizer.step();
      schedule.step();
    }
    expect(start).toBeGreaterThan(25);
    expect(value(valuesOf(p))).toBeLessThan(0.01);
  });
});
