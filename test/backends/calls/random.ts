import fc from 'fast-check';
import type { Distribution } from '../../../src/tensor/backend.js';
import { type Calls, call, garbage } from './call.js';

const distributions = fc.constantFrom<Distribution>(
  { kind: 'uniform', low: 0, high: 1 },
  { kind: 'uniform', low: -0.25, high: 0.5 },
  { kind: 'normal', mean: 0, std: 1 },
  { kind: 'normal', mean: 3, std: 0.25 },
  { kind: 'integer', low: 0, high: 2 },
  { kind: 'integer', low: -7, high: 1000003 },
  { kind: 'integer', low: -2147483648, high: 2147483647 },
);

/** Seeds and counters of up to 53 bits, some of which are about to carry into their upper words. */
const positions = fc.oneof(
  fc.nat({ max: 1000 }),
  fc.constantFrom(2 ** 32 - 1, 2 ** 32 - 2, 2 ** 32, 2 ** 31 - 1, 2 ** 31, 2 ** 40 + 5),
  fc.integer({ min: 0, max: 2 ** 52 }),
);

const random: Calls = (size) =>
  fc
    .tuple(fc.nat({ max: size }), distributions, positions, positions)
    .map(([n, distribution, seed, counter]) =>
      call(
        `random ${JSON.stringify(distribution)} from seed ${seed}, counter ${counter}`,
        { out: garbage([n], distribution.kind === 'integer' ? 'int32' : 'float32') },
        ['out'],
        (backend, { out }) => backend.random(out, distribution, { seed, counter }),
        { rtol: 2e-6, atol: 2e-6 },
      ),
    );

/** Random numbers. */
export const randomCalls: Readonly<Record<string, Calls>> = { random };
