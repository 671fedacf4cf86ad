import { formula } from '../../../formula/formula.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { sigmoid, tanh } from '../math/activation.js';
import { add, mul } from '../math/arithmetic.js';
import { product } from '../math/matmul.js';
import { linear } from '../nn/linear.js';
import { split, stack } from '../shape/cat.js';
import { reshape } from '../shape/reshape.js';
import { type Cell, runCell } from './driver.js';
import type { RecurrentWeights } from './sequence.js';

/** Hidden state and cell state of an LSTM. */
export type LSTMState = readonly [h: Tensor, c: Tensor];

const gates = ['i', 'f', 'g', 'o'] as const;
const products = ['ui', 'uf', 'ug', 'uo'] as const;
const biases = ['bi', 'bf', 'bg', 'bo'] as const;
const gradients = ['di', 'df', 'dg', 'dz'] as const;

const cell: Cell = {
  op: 'lstm',
  gates,
  products,
  biases: [biases],
  states: ['h', 'c'],
  kept: 'c',
  direct: 'c',
  forward: formula(
    `i = sigmoid(i + ui + bi)
     f = sigmoid(f + uf + bf)
     g = tanh(g + ug + bg)
     o = sigmoid(o + uo + bo)
     c = f * before + i * g
     h = o * tanh(c)`,
    { tensors: [...gates, ...products, ...biases, 'before', 'c', 'h'] },
  ),
  // di to dz are the gradients of the arguments of the four functions
  backward: formula(
    `const dh = dy + u
     const s = tanh(c)
     const d = past + dh * o * (1 - s * s)
     di = d * g * i * (1 - i)
     df = d * before * f * (1 - f)
     dg = d * i * (1 - g * g)
     dz = dh * s * o * (1 - o)
     past = d * f`,
    { tensors: [...gates, ...gradients, 'dy', 'u', 'c', 'before', 'past'] },
  ),
  gradients: [gradients],
  unrolled,
};

/**
 * One layer of long short-term memory (Hochreiter and Schmidhuber, 1997; with forget gates, Gers, Schmidhuber and
 * Cummins, 2000) over a sequence, in PyTorch's form:
 *
 *     [i, f, g, o] = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
 *     c_t = sigmoid(f) * c_{t-1} + sigmoid(i) * tanh(g)
 *     h_t = sigmoid(o) * tanh(c_t)
 *
 * Computes y (T, B, H), which contains every h_t, and the state after the last step from x (T, B, C) and a state of two
 * tensors (B, H). Stores the gates and cell states for backward.
 * @throws ShapeError or DtypeError for tensors that do not fit.
 */
export function lstm(x: Tensor, state: LSTMState, weights: RecurrentWeights): [y: Tensor, state: LSTMState] {
  const [y, h, c] = runCell(cell, x, state, weights);
  return [y, [h, c]];
}

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
