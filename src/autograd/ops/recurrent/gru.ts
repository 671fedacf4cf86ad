import { formula } from '../../../formula/formula.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { sigmoid, tanh } from '../math/activation.js';
import { add, mul, sub } from '../math/arithmetic.js';
import { linear } from '../nn/linear.js';
import { split, stack } from '../shape/cat.js';
import { reshape } from '../shape/reshape.js';
import { type Cell, runCell } from './driver.js';
import type { RecurrentWeights } from './sequence.js';

const gates = ['r', 'z', 'n'] as const;
const products = ['ur', 'uz', 'un'] as const;
const inputBiases = ['br', 'bz', 'bn'] as const;
const hiddenBiases = ['ar', 'az', 'an'] as const;
const inputGradients = ['dr', 'dz', 'dn'] as const;
const hiddenGradients = ['er', 'ez', 'eq'] as const;

const cell: Cell = {
  op: 'gru',
  gates,
  products,
  biases: [inputBiases, hiddenBiases],
  states: ['h'],
  kept: 'q',
  direct: 'h',
  forward: formula(
    `r = sigmoid(r + br + ur + ar)
     z = sigmoid(z + bz + uz + az)
     q = un + an
     n = tanh(n + bn + r * q)
     h = n + z * (before - n)`,
    { tensors: [...gates, ...products, ...inputBiases, ...hiddenBiases, 'before', 'q', 'h'] },
  ),
  // d* and e* are the gradients of W_ih x and of W_hh h
  backward: formula(
    `const dh = dy + u + past
     dn = dh * (1 - z) * (1 - n * n)
     dr = dn * q * r * (1 - r)
     dz = dh * (before - n) * z * (1 - z)
     er = dr
     ez = dz
     eq = dn * r
     past = dh * z`,
    { tensors: [...gates, ...inputGradients, ...hiddenGradients, 'dy', 'u', 'q', 'before', 'past'] },
  ),
  gradients: [inputGradients, hiddenGradients],
  unrolled,
};

/**
 * One layer of gated recurrent units (Cho et al., 2014) over a sequence, in PyTorch's form:
 *
 *     r = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
 *     z = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
 *     n = tanh(W_in x_t + b_in + r * (W_hn h_{t-1} + b_hn))
 *     h_t = (1 - z) * n + z * h_{t-1}
 *
 * Computes y (T, B, H), which contains every h_t, and the state after the last step from x (T, B, C) and a state (B,
 * H). Stores the gates and W_hn h + b_hn for backward.
 * @throws ShapeError or DtypeError for tensors that do not fit.
 */
export function gru(x: Tensor, h0: Tensor, weights: RecurrentWeights): [y: Tensor, h: Tensor] {
  const [y, h] = runCell(cell, x, [h0], weights);
  return [y, h];
}

function unrolled([x, h0, weightIh, weightHh, biasIh, biasHh]: readonly Tensor[]): readonly Tensor[] {
  let h = h0;
  const hidden = h0.shape[1];
  const ys = split(linear(x, weightIh, biasIh), 1).map((projection) => {
    const [xr, xz, xn] = split(reshape(projection, projection.shape.slice(1)), hidden, 1);
    const [hr, hz, hn] = split(linear(h, weightHh, biasHh), hidden, 1);
    const z = sigmoid(add(xz, hz));
    const n = tanh(add(xn, mul(sigmoid(add(xr, hr)), hn)));
    h = add(n, mul(z, sub(h, n)));
    return h;
  });
  return [stack(ys), h];
}
