import { formula } from '../../../formula/formula.js';
import { bindScalars } from '../../../formula/gradient.js';
import { commonBackend, empty } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { recordAll, requiresGrad } from '../../graph.js';
import { sigmoid, tanh } from '../math/activation.js';
import { add, mul } from '../math/arithmetic.js';
import { product } from '../math/matmul.js';
import { sum } from '../math/reduction.js';
import { linear } from '../nn/linear.js';
import { split, stack } from '../shape/cat.js';
import { reshape } from '../shape/reshape.js';
import { recomputed } from './recomputed.js';
import {
  biasesOf,
  blocksOf,
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

/** Hidden state and cell of an LSTM. */
export type LSTMState = readonly [h: Tensor, c: Tensor];

const gateNames = ['i', 'f', 'g', 'o'] as const;
const productNames = ['ui', 'uf', 'ug', 'uo'] as const;
const biasNames = ['bi', 'bf', 'bg', 'bo'] as const;
const gradientNames = ['di', 'df', 'dg', 'dz'] as const;

// gates come in as W_ih x and go out as their values; u is W_hh h, before the cell of the step before
const stepForward = formula(
  `i = sigmoid(i + ui + bi)
   f = sigmoid(f + uf + bf)
   g = tanh(g + ug + bg)
   o = sigmoid(o + uo + bo)
   c = f * before + i * g
   h = o * tanh(c)`,
  { tensors: [...gateNames, ...productNames, ...biasNames, 'before', 'c', 'h'] },
);
const stepForwardPlain = bindScalars(stepForward, biasNames);
const noBiases = { bi: 0, bf: 0, bg: 0, bo: 0 };

// u and dc are what the step after sends to h and c; di to dz are the gradients of the arguments of the four functions
const stepBackward = formula(
  `const dh = dy + u
   const s = tanh(c)
   const d = dc + dh * o * (1 - s * s)
   di = d * g * i * (1 - i)
   df = d * before * f * (1 - f)
   dg = d * i * (1 - g * g)
   dz = dh * s * o * (1 - o)
   dc = d * f`,
  { tensors: [...gateNames, ...gradientNames, 'dy', 'u', 'c', 'before', 'dc'] },
);

/**
 * One layer of long short-term memory (Hochreiter and Schmidhuber, 1997; with forget gates, Gers, Schmidhuber and
 * Cummins, 2000) over a sequence, in PyTorch's form:
 *
 *     [i, f, g, o] = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
 *     c_t = sigmoid(f) * c_{t-1} + sigmoid(i) * tanh(g)
 *     h_t = sigmoid(o) * tanh(c_t)
 *
 * From x (T, B, C) and a state of (B, H) to y (T, B, H), which is every h_t, and the state after the last step. Keeps
 * gates and cells for backward. Throws ShapeError or DtypeError.
 */
export function lstm(x: Tensor, [h0, c0]: LSTMState, weights: RecurrentWeights): [y: Tensor, state: LSTMState] {
  const { steps, batch, hidden } = checkSequence('lstm', 4, x, { h: h0, c: c0 }, weights);
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const bias = biasIh && biasHh ? add(biasIh, biasHh) : null;
  const inputs = [x, h0, c0, weightIh, weightHh, ...(bias ? [bias] : [])];
  const backend = commonBackend('lstm', inputs);
  const gates = projected('lstm', x, weightIh);
  const y = empty('lstm', [steps, batch, hidden], 'float32', backend);
  const c = empty('lstm', y.shape, 'float32', backend);
  const u = empty('lstm', [1, batch, 4 * hidden], 'float32', backend);
  const products = blocksOf(u, 0, productNames);
  const [forward, biases] = bias ? [stepForward, biasesOf(bias, biasNames)] : [stepForwardPlain, {}];
  for (let t = 0; t < steps; t++) {
    backend.matmul(t > 0 ? stepOf(y, t - 1) : h0, weightHh, stepOf(u, 0), { transposeB: true });
    const cells = { before: t > 0 ? stepOf(c, t - 1) : c0, c: stepOf(c, t), h: stepOf(y, t) };
    backend.map(forward, { ...blocksOf(gates, t, gateNames), ...products, ...biases, ...cells }, noBiases);
  }
  u.dispose();
  const outputs = [y, lastStep('lstm', y), lastStep('lstm', c)];
  recordAll('lstm', inputs, outputs, {
    backward: (dy, dhN, dcN) => {
      const dh = startOf('lstm', dhN, h0);
      const dc = startOf('lstm', dcN, c0);
      const dgates = throughTime(gates, c, c0, weightHh, orZeros('lstm', dy, y), dh, dc);
      return [
        () => reshape(product(rowsOf(dgates), weightIh), x.shape),
        () => {
          backend.matmul(stepOf(dgates, 0), weightHh, dh);
          return dh;
        },
        () => dc,
        () => product(rowsOf(dgates), rowsOf(x), { transposeA: true }),
        () => product(rowsOf(dgates), rowsOf(statesBefore('lstm', h0, y)), { transposeA: true }),
        () => sum(dgates, [0, 1]),
      ];
    },
    composite: recomputed(inputs, unrolled),
  });
  if (!requiresGrad(y)) for (const t of [gates, c]) t.dispose();
  return [y, [outputs[1], outputs[2]]];
}

/**
 * The gradients (T, B, 4 H) of the gates before their functions. `dh` and `dc` go from the gradients of the last state
 * to what the first step receives from the second, and dc on to that of c0.
 */
function throughTime(
  gates: Tensor,
  c: Tensor,
  c0: Tensor,
  weightHh: Tensor,
  dy: Tensor,
  dh: Tensor,
  dc: Tensor,
): Tensor {
  const { backend } = gates.storage;
  const dgates = empty('lstm', gates.shape, 'float32', backend);
  for (let t = gates.shape[0] - 1; t >= 0; t--) {
    const cells = { c: stepOf(c, t), before: t > 0 ? stepOf(c, t - 1) : c0, dc };
    const gradients = { dy: stepOf(dy, t), u: dh, ...blocksOf(dgates, t, gradientNames) };
    backend.map(stepBackward, { ...blocksOf(gates, t, gateNames), ...gradients, ...cells }, {});
    if (t > 0) backend.matmul(stepOf(dgates, t), weightHh, dh);
  }
  return dgates;
}

/** The same in recorded operations, step by step. */
function unrolled([x, h0, c0, weightIh, weightHh, bias]: readonly Tensor[]): readonly Tensor[] {
  let [h, c] = [h0, c0];
  const ys = split(linear(x, weightIh, bias), 1).map((projection) => {
    const z = add(reshape(projection, projection.shape.slice(1)), product(h, weightHh, { transposeB: true }));
    const [i, f, g, o] = split(z, h0.shape[1], 1);
    c = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
    h = mul(sigmoid(o), tanh(c));
    return h;
  });
  return [stack(ys), h, c];
}
