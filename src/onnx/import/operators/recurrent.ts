import { expectAxes } from '../../../autograd/ops/expect.js';
import { filled } from '../../../autograd/ops/fill.js';
import { gru } from '../../../autograd/ops/recurrent/gru.js';
import { lstm } from '../../../autograd/ops/recurrent/lstm.js';
import { rnn } from '../../../autograd/ops/recurrent/rnn.js';
import type { RecurrentWeights } from '../../../autograd/ops/recurrent/sequence.js';
import { cat, split, stack } from '../../../autograd/ops/shape/cat.js';
import { reshape } from '../../../autograd/ops/shape/reshape.js';
import { flip, slice } from '../../../autograd/ops/shape/slice.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { NodeReader } from '../node-reader.js';
import type { Operator, Operators } from '../operator.js';

/** One direction: from x (T, B, C) and states (B, H) to y (T, B, H) and the last states. */
type Run = (x: Tensor, states: readonly Tensor[], weights: RecurrentWeights) => readonly [Tensor, readonly Tensor[]];

/** A kind of recurrent layer. */
interface Kind {
  /** The order of the blocks of its weights in antinode, as positions of those in ONNX. */
  readonly blocks: readonly number[];
  /** The activations of one direction, which cannot be chosen except as given here. */
  readonly activations: readonly (readonly string[])[];
  readonly states: number;
  /** Reads further attributes. */
  run(node: NodeReader, activations: readonly string[]): Run;
}

const kinds: Readonly<Record<string, Kind>> = {
  LSTM: {
    blocks: [0, 2, 3, 1],
    activations: [['Sigmoid', 'Tanh', 'Tanh']],
    states: 2,
    run(node) {
      node.choice('input_forget', [0]);
      return (x, [h, c], weights) => lstm(x, [h, c], weights);
    },
  },
  GRU: {
    blocks: [1, 0, 2],
    activations: [['Sigmoid', 'Tanh']],
    states: 1,
    run(node) {
      if (node.attribute('linear_before_reset', 'int', 0) !== 1) node.fail('linear_before_reset = 1', '0');
      return (x, [h], weights) => {
        const [y, last] = gru(x, h, weights);
        return [y, [last]];
      };
    },
  },
  RNN: {
    blocks: [0],
    activations: [['Tanh'], ['Relu']],
    states: 1,
    run(_node, [activation]) {
      const nonlinearity = activation === 'Relu' ? 'relu' : 'tanh';
      return (x, [h], weights) => {
        const [y, last] = rnn(x, h, weights, nonlinearity);
        return [y, [last]];
      };
    },
  },
};

/** The operator of a kind of layers: y (T, directions, B, H), and the last states (directions, B, H). */
function recurrent(kind: Kind): Operator {
  return {
    inputs: [3, 5 + kind.states],
    outputs: 1 + kind.states,
    weights: [1, 2, 3],
    prepare(node) {
      const direction = node.choice('direction', ['forward', 'reverse', 'bidirectional']);
      const ways = direction === 'bidirectional' ? 2 : 1;
      const run = kind.run(node, activationsOf(node, kind, ways));
      node.choice('layout', [0]);
      node.attribute('hidden_size', 'int', 0);
      if (node.has(4)) node.fail('sequences of one length, without sequence_lens', 'them');
      for (const input of [1, 2]) node.expectAxes(input, 'weights (directions, gates * H, N)', 3);
      node.expectAxes(3, 'a bias (directions, 2 * gates * H)', 2);
      return (inputs) => {
        const [x, w, r, b] = inputs as readonly [Tensor, Tensor, Tensor, Tensor | undefined];
        for (const t of [x, w, r]) expectAxes(node.op, 'tensors of three axes', t, 3);
        const hidden = r.shape[2];
        const results = Array.from({ length: ways }, (_, way) => {
          const isReverse = direction === 'reverse' || way === 1;
          const states = Array.from({ length: kind.states }, (_, i) => {
            const start = inputs[5 + i];
            if (start) return at(start, way);
            return filled(node.op, [x.shape[1], hidden], 0, 'float32', x.storage.backend);
          });
          const [y, last] = run(isReverse ? flip(x, 0) : x, states, weightsOf(kind, [w, r, b], way));
          return { y: isReverse ? flip(y, 0) : y, last };
        });
        const ends = Array.from({ length: kind.states }, (_, i) => stack(results.map(({ last }) => last[i])));
        return [
          stack(
            results.map(({ y }) => y),
            1,
          ),
          ...ends,
        ];
      };
    },
  };
}

function activationsOf(node: NodeReader, { activations }: Kind, ways: number): readonly string[] {
  const [usual] = activations;
  for (const name of ['activation_alpha', 'activation_beta'] as const) {
    if (node.attribute(name, 'floats', [])?.length !== 0) node.fail(`no ${name}`, 'some');
  }
  if (node.attribute('clip', 'float', null) !== null) node.fail('no clip', 'one');
  const given = node.attribute('activations', 'texts', Array.from({ length: ways }, () => usual).flat());
  const found = activations.find((each) => `${Array.from({ length: ways }, () => each).flat()}` === `${given}`);
  return found ?? node.fail(`activations ${activations.map((each) => each.join(' ')).join(' or ')}`, given.join(' '));
}

/** Element `way` of the first axis. */
function at(x: Tensor, way: number): Tensor {
  return reshape(slice(x, [[way, way + 1]]), x.shape.slice(1));
}

function weightsOf(
  kind: Kind,
  [w, r, b]: readonly [Tensor, Tensor, Tensor | undefined],
  way: number,
): RecurrentWeights {
  const ordered = (t: Tensor) => {
    if (kind.blocks.length === 1) return t;
    const parts = split(t, Math.max(1, Math.ceil(t.shape[0] / kind.blocks.length)), 0);
    return cat(kind.blocks.map((block) => parts[block]));
  };
  const [weightIh, weightHh] = [ordered(at(w, way)), ordered(at(r, way))];
  if (!b) return { weightIh, weightHh };
  const [ih, hh] = split(at(b, way), Math.max(1, Math.ceil(b.shape[1] / 2)));
  return { weightIh, weightHh, biasIh: ordered(ih), biasHh: ordered(hh) };
}

/** Recurrent layers. */
export const recurrentOperators: Operators = Object.fromEntries(
  Object.entries(kinds).map(([name, kind]) => [name, recurrent(kind)]),
);
