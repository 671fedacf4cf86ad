import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaPNM, PNM } from '../../src/optim/index.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { close } from '../helpers/close.js';
import { between } from './arbitrary.js';
import { follow, parameter, valuesOf } from './helpers.js';

describe('the positive-negative pair', () => {
  it('keeps the gradients of odd and even steps separate, and copies nothing', () => {
    const p = parameter([0]);
    const optimizer = new PNM([p], { lr: 1, beta1: 0.5 });
    const slots = () => {
      const { pos, neg } = optimizer.stateDict().state[0];
      return [pos, neg] as [Tensor, Tensor];
    };
    follow(optimizer, [p], [[[1]]]);
    const [odd, even] = slots();
    expect([odd, even].map(valuesOf)).toEqual([[0.75], [0]]);
    follow(optimizer, [p], [[[2]]]);
    expect([odd, even].map(valuesOf)).toEqual([[0.75], [1.5]]);
    follow(optimizer, [p], [[[0]]]);
    expect([odd, even].map(valuesOf)).toEqual([[0.1875], [1.5]]);
    expect(slots()).toEqual([odd, even]);
  });

  it('estimates a constant gradient with the bias 1 - beta1^t in even steps, for any beta0', () => {
    fc.assert(
      fc.property(between(0, 0.99), between(-1, 10), (beta1, beta0) => {
        const p = parameter([0]);
        const path = follow(
          new PNM([p], { lr: 1, beta1, beta0 }),
          [p],
          Array.from({ length: 8 }, () => [[1]]),
        ).flat(2);
        path.forEach((theta, i) => {
          const t = i + 1;
          const moved = (i > 0 ? path[i - 1] : 0) - theta;
          const estimate = moved * Math.hypot(1 + beta0, beta0);
          // in odd steps the two averages have seen (t + 1) / 2 and (t - 1) / 2 gradients
          const odd = 1 - beta1 ** (t + 1) + beta0 * beta1 ** (t - 1) * (1 - beta1 ** 2);
          close([estimate], [t % 2 === 0 ? 1 - beta1 ** t : odd], 1e-9, 1e-9);
        });
      }),
    );
  });

  it('makes AdaPNM move by lr / sqrt((1 + beta0)^2 + beta0^2) in even steps of any constant gradient', () => {
    fc.assert(
      fc.property(
        between(0, 0.99),
        between(0, 0.99),
        between(0, 10),
        fc.constantFrom(-3, 1e-3, 70),
        (beta1, beta2, beta0, g) => {
          const p = parameter([0]);
          const optimizer = new AdaPNM([p], { lr: 0.5, betas: [beta1, beta2], beta0, eps: 1e-12 });
          const [first, second] = follow(optimizer, [p], [[[g]], [[g]]]).flat(2);
          close([first - second], [(Math.sign(g) * 0.5) / Math.hypot(1 + beta0, beta0)], 1e-6);
        },
      ),
    );
  });
});
