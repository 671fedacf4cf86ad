import { formula } from '../../../formula/formula.js';
import { bindScalars } from '../../../formula/gradient.js';
import { commonBackend, empty } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { recordAll, requiresGrad } from '../../graph.js';
import { sigmoid, tanh } from '../math/activation.js';
import { add, mul, sub } from '../math/arithmetic.js';
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

const gateNames = ['r', 'z', 'n'] as const;
const productNames = ['ur', 'uz', 'un'] as const;
const inputBiases = ['br', 'bz', 'bn'] as const;
const hiddenBiases = ['ar', 'az', 'an'] as const;
const inputGradients = ['dr', 'dz', 'dn'] as const;
const hiddenGradients = ['er', 'ez', 'eq'] as const;

// gates come in as W_ih x and go out as their values; u is W_hh h, before the hidden state of the step before
const stepForward = formula(
  `r = sigmoid(r + br + ur + ar)
   z = sigmoid(z + bz + uz + az)
   q = un + an
   n = tanh(n + bn + r * q)
   h = n + z * (before - n)`,
  { tensors: [...gateNames, ...productNames, ...inputBiases, ...hiddenBiases, 'before', 'q', 'h'] },
);
const stepForwardPlain = bindScalars(stepForward, [...inputBiases, ...hiddenBiases]);
const noBiases = { br: 0, bz: 0, bn: 0, ar: 0, az: 0, an: 0 };

// u and kept are what the step after sends to h, through W_hh and past it; d and e are the gradients of W_ih x and W_hh h
const stepBackward = formula(
  `const dh = dy + u + kept
   dn = dh * (1 - z) * (1 - n * n)
   dr = dn * q * r * (1 - r)
   dz = dh * (before - n) * z * (1 - z)
   er = dr
   ez = dz
   eq = dn * r
   kept = dh * z`,
  { tensors: [...gateNames, ...inputGradients, ...hiddenGradients, 'dy', 'u', 'q', 'before', 'kept'] },
);
const total = formula('u = u + kept', { tensors: ['u', 'kept'] });

/**
 * One layer of gated recurrent units (Cho et al., 2014) over a sequence, in PyTorch's form:
 *
 *     r = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
 *     z = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
 *     n = tanh(W_in x_t + b_in + r * (W_hn h_{t-1} + b_hn))
 *     h_t = (1 - z) * n + z * h_{t-1}
 *
 * From x (T, B, C) and a state (B, H) to y (T, B, H), which is every h_t, and the state after the last step. Keeps
 * gates and W_hn h + b_hn for backward. Throws ShapeError or DtypeError.
 */
export function gru(x: Tensor, h0: Tensor, weights: RecurrentWeights): [y: Tensor, h: Tensor] {
  const { steps, batch, hidden } = checkSequence('gru', 3, x, { h: h0 }, weights);
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const inputs = [x, h0, weightIh, weightHh, ...(biasIh && biasHh ? [biasIh, biasHh] : [])];
  const backend = commonBackend('gru', inputs);
  const gates = projected('gru', x, weightIh);
  const y = empty('gru', [steps, batch, hidden], 'float32', backend);
  const q = empty('gru', y.shape, 'float32', backend);
  const u = empty('gru', [1, batch, 3 * hidden], 'float32', backend);
  const products = blocksOf(u, 0, productNames);
  const biases = biasIh && biasHh ? { ...biasesOf(biasIh, inputBiases), ...biasesOf(biasHh, hiddenBiases) } : null;
  const forward = biases ? stepForward : stepForwardPlain;
  for (let t = 0; t < steps; t++) {
    const before = t > 0 ? stepOf(y, t - 1) : h0;
    backend.matmul(before, weightHh, stepOf(u, 0), { transposeB: true });
    const states = { before, q: stepOf(q, t), h: stepOf(y, t) };
    backend.map(forward, { ...blocksOf(gates, t, gateNames), ...products, ...biases, ...states }, noBiases);
  }
  u.dispose();
  const outputs = [y, lastStep('gru', y)];
  recordAll('gru', inputs, outputs, {
    backward: (dy, dhN) => {
      const dh = startOf('gru', dhN, h0);
      const before = statesBefore('gru', h0, y);
      const { dx, du, kept } = throughTime(gates, q, before, weightHh, orZeros('gru', dy, y), dh);
      return [
        () => reshape(product(rowsOf(dx), weightIh), x.shape),
        () => {
          backend.matmul(stepOf(du, 0), weightHh, dh);
          backend.map(total, { u: dh, kept }, {});
          return dh;
        },
        () => product(rowsOf(dx), rowsOf(x), { transposeA: true }),
        () => product(rowsOf(du), rowsOf(before), { transposeA: true }),
        () => sum(dx, [0, 1]),
        () => sum(du, [0, 1]),
      ];
    },
    composite: recomputed(inputs, unrolled),
  });
  if (!requiresGrad(y)) for (const t of [gates, q]) t.dispose();
  return [y, outputs[1]];
}

/**
 * The gradients (T, B, 3 H) of W_ih x and of W_hh h. `dh` goes from the gradient of the last state to what the first
 * step receives from the second through W_hh; what it sends on to h0 past W_hh is `kept`.
 */
function throughTime(
  gates: Tensor,
  q: Tensor,
  before: Tensor,
  weightHh: Tensor,
  dy: Tensor,
  dh: Tensor,
): { dx: Tensor; du: Tensor; kept: Tensor } {
  const { backend } = gates.storage;
  const dx = empty('gru', gates.shape, 'float32', backend);
  const du = empty('gru', gates.shape, 'float32', backend);
  const kept = startOf('gru', null, dh);
  for (let t = gates.shape[0] - 1; t >= 0; t--) {
    const states = { q: stepOf(q, t), before: stepOf(before, t), dy: stepOf(dy, t), u: dh, kept };
    const gradients = { ...blocksOf(dx, t, inputGradients), ...blocksOf(du, t, hiddenGradients) };
    backend.map(stepBackward, { ...blocksOf(gates, t, gateNames), ...gradients, ...states }, {});
    if (t > 0) backend.matmul(stepOf(du, t), weightHh, dh);
  }
  return { dx, du, kept };
}

/** The same in recorded operations, step by step. */
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
