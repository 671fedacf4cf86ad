import * as optim from '../../src/optim/index.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import type { Problem } from './arbitrary.js';
import { give, parameter, valuesOf } from './helpers.js';

/** The v that an optimizer keeps for its first parameter. */
export const secondMomentOf = (optimizer: optim.Optimizer): number[] =>
  valuesOf(optimizer.stateDict().state[0].v as Tensor);

/**
 * Whether Yogi meets its jump on a path: v falls by (1 - beta2) g^2 where it is above g^2, rises by as much below, and
 * rests at g^2. What separates them there is not the rule but the rounding, and paths part. Float32 knows v, a sum of few
 * terms, to 1e-6 of the largest that it had, and g, which L2 decay takes from theta, to 1e-6 of the largest theta; a
 * distance of ten times that is taken for none.
 */
export function meetsJump(options: Record<string, unknown>, { start, gradients }: Problem): boolean {
  const p = parameter(start);
  const optimizer = optim.create('yogi', [p], options) as optim.Yogi;
  const [{ weightDecay, decay, maximize, initialAccumulator }] = optimizer.paramGroups;
  let v = start.map(() => initialAccumulator);
  let largestV = v;
  return gradients.some((row) => {
    const theta = valuesOf(p);
    const largestTheta = Math.max(1, ...theta.map(Math.abs));
    const g = row.map((x, i) => (maximize ? -x : x) + (decay === 'l2' ? weightDecay * theta[i] : 0));
    largestV = largestV.map((x, i) => Math.max(x, v[i], g[i] ** 2));
    // g = 0 moves nothing
    const met = g.some(
      (x, i) => x !== 0 && Math.abs(v[i] - x * x) <= 1e-5 * (largestV[i] + largestTheta * Math.abs(x)),
    );
    give(p, row);
    optimizer.step();
    v = secondMomentOf(optimizer);
    return met;
  });
}
