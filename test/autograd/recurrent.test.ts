import './devices.js';
import fc from 'fast-check';
import { describe } from 'vitest';
import { gru } from '../../src/autograd/ops/recurrent/gru.js';
import { lstm } from '../../src/autograd/ops/recurrent/lstm.js';
import { rnn } from '../../src/autograd/ops/recurrent/rnn.js';
import type { Tensor } from '../../src/index.js';
import { type Checked, differentiates } from './checks.js';

const between = (min: number, max: number) => fc.integer({ min, max });

const sizes = fc.record({
  steps: between(1, 3),
  batch: between(1, 2),
  inputs: between(1, 2),
  hidden: between(1, 2),
  bias: fc.boolean(),
});

/** Cases of a layer with the given numbers of gates and states, whose function takes (x, states, weights). */
function layer(
  gates: number,
  states: number,
  run: (
    x: Tensor,
    states: Tensor[],
    w: { weightIh: Tensor; weightHh: Tensor; biasIh?: Tensor; biasHh?: Tensor },
  ) => Tensor[],
): fc.Arbitrary<Checked> {
  return sizes.map(({ steps, batch, inputs, hidden, bias }) => {
    const rows = gates * hidden;
    return {
      shapes: [
        [steps, batch, inputs],
        ...Array.from({ length: states }, () => [batch, hidden]),
        [rows, inputs],
        [rows, hidden],
        ...(bias ? [[rows], [rows]] : []),
      ],
      f: (x, ...rest) => {
        const [weightIh, weightHh, biasIh, biasHh] = rest.slice(states);
        return run(x, rest.slice(0, states), { weightIh, weightHh, biasIh, biasHh });
      },
    };
  });
}

describe('recurrent layers', () => {
  differentiates(
    'lstm',
    layer(4, 2, (x, [h, c], w) => lstm(x, [h, c], w).flat()),
  );
  differentiates(
    'gru',
    layer(3, 1, (x, [h], w) => gru(x, h, w)),
  );
  differentiates(
    'rnn',
    layer(1, 1, (x, [h], w) => rnn(x, h, w)),
  );
  differentiates(
    'rnn with relu',
    layer(1, 1, (x, [h], w) => rnn(x, h, w, 'relu')),
  );
});
