import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Optimizer, Yogi } from '../../src/optim/index.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { number } from './arbitrary.js';
import { devices, give, parameter, valuesOf } from './helpers.js';

/** Returns the v that an optimizer keeps for its first parameter. */
const secondMomentOf = (optimizer: Optimizer): number[] => valuesOf(optimizer.stateDict().state[0].v as Tensor);

/** With these and multiples of 1/8, v and g^2 are exact in float32, so they are often equal bit for bit. */
const beta2s = fc.constantFrom(0, 0.5, 0.75, 0.875);

describe.each(devices)('Yogi on %s', (device) => {
  it('moves v by (1 - beta2) g^2 towards g^2, whatever the distance, and does not move at v = g^2', () => {
    fc.assert(
      fc.property(number, fc.array(number, { minLength: 1, maxLength: 8 }), beta2s, (first, gradients, beta2) => {
        const p = parameter([1], { device });
        const optimizer = new Yogi([p], { betas: [0.9, beta2], initialAccumulator: first ** 2 });
        let v = first ** 2;
        for (const g of gradients) {
          give(p, [g]);
          optimizer.step();
          v += (1 - beta2) * Math.sign(g * g - v) * g * g;
          expect(secondMomentOf(optimizer)).toEqual([v]);
        }
      }),
    );
  });
});
