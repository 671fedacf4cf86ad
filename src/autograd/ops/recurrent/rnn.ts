import { expected, ValueError } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { bindScalars } from '../../../formula/gradient.js';
import { commonBackend, empty } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { recordAll } from '../../graph.js';
import { relu, tanh } from '../math/activation.js';
import { add } from '../math/arithmetic.js';
import { product } from '../math/matmul.js';
import { sum } from '../math/reduction.js';
import { linear } from '../nn/linear.js';
import { split, stack } from '../shape/cat.js';
import { reshape } from '../shape/reshape.js';
import { recomputed } from './recomputed.js';
import {
  checkSequence,
  lastStep,
  orZeros,
  projected,
  type RecurrentWeights,
  rowsOf,
  startOf,
  statesBefore,
  stepOf,
} from './sequence.js';

/** What a simple recurrent layer applies to its sums. */
export type RecurrentNonlinearity = 'tanh' | 'relu';

// h comes in as W_ih x, and u is W_hh h of the step before
const forms = {
  tanh: {
    forward: formula('h = tanh(h + u + bias)', { tensors: ['h', 'u', 'bias'] }),
    backward: formula('da = (dy + u) * (1 - h * h)', { tensors: ['dy', 'u', 'h', 'da'] }),
    apply: tanh,
  },
  relu: {
    forward: formula('h = max(h + u + bias, 0)', { tensors: ['h', 'u', 'bias'] }),
    backward: formula('da = h > 0 ? dy + u : 0', { tensors: ['dy', 'u', 'h', 'da'] }),
    apply: relu,
  },
} as const;

/**
 * One simple recurrent layer (Elman, "Finding structure in time", 1990) over a sequence:
 *
 *     h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or relu instead of tanh
 *
 * From x (T, B, C) and a state (B, H) to y (T, B, H), which is every h_t, and the state after the last step. Throws
 * ShapeError, DtypeError or ValueError.
 */
export function rnn(
  x: Tensor,
  h0: Tensor,
  weights: RecurrentWeights,
  nonlinearity: RecurrentNonlinearity = 'tanh',
): [y: Tensor, h: Tensor] {
  if (!Object.hasOwn(forms, nonlinearity)) {
    throw new ValueError(expected('rnn', "nonlinearity 'tanh' or 'relu'", `'${nonlinearity}'`));
  }
  const form = forms[nonlinearity];
  const { steps, batch, hidden } = checkSequence('rnn', 1, x, { h: h0 }, weights);
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const bias = biasIh && biasHh ? add(biasIh, biasHh) : null;
  const inputs = [x, h0, weightIh, weightHh, ...(bias ? [bias] : [])];
  const backend = commonBackend('rnn', inputs);
  const y = projected('rnn', x, weightIh);
  const u = empty('rnn', [batch, hidden], 'float32', backend);
  const forward = bias ? form.forward : bindScalars(form.forward, ['bias']);
  for (let t = 0; t < steps; t++) {
    backend.matmul(t > 0 ? stepOf(y, t - 1) : h0, weightHh, u, { transposeB: true });
    backend.map(forward, { h: stepOf(y, t), u, ...(bias ? { bias } : {}) }, { bias: 0 });
  }
  u.dispose();
  const outputs = [y, lastStep('rnn', y)];
  recordAll('rnn', inputs, outputs, {
    backward: (dyAll, dhN) => {
      // what the first step receives from the second in the end
      const dh = startOf('rnn', dhN, h0);
      const dy = orZeros('rnn', dyAll, y);
      const da = empty('rnn', y.shape, 'float32', backend);
      for (let t = steps - 1; t >= 0; t--) {
        backend.map(form.backward, { dy: stepOf(dy, t), u: dh, h: stepOf(y, t), da: stepOf(da, t) }, {});
        if (t > 0) backend.matmul(stepOf(da, t), weightHh, dh);
      }
      return [
        () => reshape(product(rowsOf(da), weightIh), x.shape),
        () => {
          backend.matmul(stepOf(da, 0), weightHh, dh);
          return dh;
        },
        () => product(rowsOf(da), rowsOf(x), { transposeA: true }),
        () => product(rowsOf(da), rowsOf(statesBefore('rnn', h0, y)), { transposeA: true }),
        () => sum(da, [0, 1]),
      ];
    },
    composite: recomputed(inputs, unrolledWith(form.apply)),
  });
  return [y, outputs[1]];
}

/** The same in recorded operations, step by step. */
function unrolledWith(apply: (x: Tensor) => Tensor): (inputs: readonly Tensor[]) => readonly Tensor[] {
  return ([x, h0, weightIh, weightHh, bias]) => {
    let h = h0;
    const ys = split(linear(x, weightIh, bias), 1).map((projection) => {
      h = apply(add(reshape(projection, h0.shape), product(h, weightHh, { transposeB: true })));
      return h;
    });
    return [stack(ys), h];
  };
}
