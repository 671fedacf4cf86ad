import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as optim from '../../src/optim/index.js';
import { close } from '../helpers/close.js';
import { between, vector } from './arbitrary.js';
import { follow, give, parameter, valuesOf } from './helpers.js';
import { type Kind, kinds } from './kinds.js';

const gradients = fc.array(vector(3), { minLength: 1, maxLength: 12 });

describe('decoupled and L2 decay', () => {
  it('are the same for plain SGD: theta - lr (g + lambda theta) = (1 - lr lambda) theta - lr g', () => {
    fc.assert(
      fc.property(vector(3), gradients, between(0, 1), between(0, 1), (start, rows, lr, weightDecay) => {
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

  it('differ for momentum, which accumulates L2 decay', () => {
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
  const pair = optim.positiveNegative({ beta0: 1 });
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
      fc.property(vector(3), gradients, fc.integer({ min: -12, max: 12 }), (start, rows, power) => {
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

/** A descent: its start, slope and number of steps, and the steps at which the rate falls to a tenth. */
interface Descent {
  readonly start: readonly number[];
  slope(theta: number[]): number[];
  readonly steps: number;
  readonly milestones: readonly number[];
  /** A rate at which plain gradient descent reaches the minimum. */
  readonly plainRate: number;
}

/** Returns where an optimizer ends. It warms up for 100 steps, because some take their first gradients at full size. */
function descend({ name, options }: Kind, given: object, { start, slope, steps, milestones }: Descent): number[] {
  const p = parameter(start);
  const optimizer = optim.create(name, [p], { ...given, ...options, weightDecay: 0 });
  const schedules = [
    new optim.lr.LinearLR(optimizer, { startFactor: 0.01, totalIters: 100 }),
    new optim.lr.MultiStepLR(optimizer, { milestones }),
  ];
  for (let t = 0; t < steps; t++) {
    const theta = valuesOf(p);
    if (!theta.every(Number.isFinite)) break;
    give(p, slope(theta));
    optimizer.step();
    for (const schedule of schedules) schedule.step();
  }
  return valuesOf(p);
}

/** Asserts that an optimizer ends near the minimum at one or more of these rates: each optimizer has its own scale. */
function expectMinimum(kind: Kind, rates: readonly number[], descent: Descent, near: (end: number[]) => boolean): void {
  // a rate that is not scaled by lr
  const given = 'finalLr' in optim.defaults(kind.name) ? { finalLr: descent.plainRate } : {};
  const ends: Record<number, number[]> = {};
  for (const lr of rates) {
    ends[lr] = descend(kind, { ...given, lr }, descent);
    if (near(ends[lr])) return;
  }
  expect.fail(`expected the minimum at one of the rates, got ${JSON.stringify(ends)}`);
}

describe('the minimum', () => {
  it.each(kinds)('of a convex quadratic sum_i a_i (x_i - b_i)^2 is reached by $name $options', (kind) => {
    const axis = fc.tuple(between(0.25, 2), between(-2, 2), between(-3, 3));
    fc.assert(
      fc.property(fc.array(axis, { minLength: 1, maxLength: 16 }), (axes) => {
        const [minimum, start] = [axes.map(([, b]) => b), axes.map(([, , x]) => x)];
        const slope = (x: number[]) => x.map((xi, i) => 2 * axes[i][0] * (xi - minimum[i]));
        const descent = { start, slope, steps: 1400, milestones: [800, 1000, 1200], plainRate: 0.1 };
        expectMinimum(kind, [0.2, 0.1, 0.02], descent, (end) => end.every((x, i) => Math.abs(x - minimum[i]) < 1e-3));
      }),
      {
        numRuns: 4,
        examples: [
          [
            [
              [0.25, 1.9899, -3],
              [0.25, 0, 0],
            ],
          ],
        ],
      },
    );
  });

  it.each(kinds)('of a Rosenbrock valley (1 - x)^2 + 100 (y - x^2)^2 is reached by $name $options', (kind) => {
    const slope = (theta: number[]) =>
      theta.map((value, i) => {
        const [x, y] = i % 2 === 0 ? [value, theta[i + 1]] : [theta[i - 1], value];
        return i % 2 === 0 ? 2 * (x - 1) - 400 * x * (y - x * x) : 200 * (y - x * x);
      });
    const height = ([x, y]: readonly number[]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2;
    // on the floor of the valley, or up to 6 above it
    const place = fc.tuple(between(-1, 1), between(-0.25, 0.25)).map(([x, above]) => [x, x * x + above]);
    fc.assert(
      fc.property(fc.array(place, { minLength: 8, maxLength: 8 }), (places) => {
        const descent = { start: places.flat(), slope, steps: 12_000, milestones: [10_000], plainRate: 1e-3 };
        expectMinimum(kind, [0.02, 5e-3, 1e-3, 2e-4], descent, (end) =>
          places.every((_, i) => height(end.slice(2 * i, 2 * i + 2)) < 0.02),
        );
      }),
      // one run descends from eight places, since the elements of a parameter do not affect one another
      { numRuns: 1 },
    );
  });
});
