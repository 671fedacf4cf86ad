import { type Formula, formula } from '../../../formula/formula.js';
import { type Option, oneOf } from '../../../tensor/option-kinds.js';
import { checkArgument } from '../../../tensor/options.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { relu, tanh } from '../math/activation.js';
import { add } from '../math/arithmetic.js';
import { product } from '../math/matmul.js';
import { linear } from '../nn/linear.js';
import { split, stack } from '../shape/cat.js';
import { reshape } from '../shape/reshape.js';
import { type Cell, runCell } from './driver.js';
import type { RecurrentWeights } from './sequence.js';

/** The nonlinearity of a simple recurrent layer. */
export type RecurrentNonlinearity = 'tanh' | 'relu';

const cells: Readonly<Record<RecurrentNonlinearity, Cell>> = {
  tanh: cellOf(
    tanh,
    formula('h = tanh(h + u + bias)', { tensors: ['h', 'u', 'bias'] }),
    formula('da = (dy + u) * (1 - h * h)', { tensors: ['dy', 'u', 'h', 'da'] }),
  ),
  relu: cellOf(
    relu,
    formula('h = max(h + u + bias, 0)', { tensors: ['h', 'u', 'bias'] }),
    formula('da = h > 0 ? dy + u : 0', { tensors: ['dy', 'u', 'h', 'da'] }),
  ),
};
/** The option for what a simple recurrent layer applies to its sums. */
export const nonlinearities: Option<RecurrentNonlinearity> = oneOf(['tanh', 'relu'], 'tanh');

/**
 * One simple recurrent layer (Elman, "Finding structure in time", 1990) over a sequence:
 *
 *     h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or relu instead of tanh
 *
 * Computes y (T, B, H), which contains every h_t, and the state after the last step from x (T, B, C) and a state (B,
 * H).
 * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for another nonlinearity.
 */
export function rnn(
  x: Tensor,
  h0: Tensor,
  weights: RecurrentWeights,
  nonlinearity: RecurrentNonlinearity = 'tanh',
): [y: Tensor, h: Tensor] {
  const cell = cells[checkArgument('rnn', 'nonlinearity', nonlinearities, nonlinearity)];
  const [y, h] = runCell(cell, x, [h0], weights);
  return [y, h];
}

function cellOf(apply: (x: Tensor) => Tensor, forward: Formula, backward: Formula): Cell {
  const unrolled = ([x, h0, weightIh, weightHh, bias]: readonly Tensor[]) => {
    let h = h0;
    const ys = split(linear(x, weightIh, bias), 1).map((projection) => {
      h = apply(add(reshape(projection, h0.shape), product(h, weightHh, { transposeB: true })));
      return h;
    });
    return [stack(ys), h];
  };
  const names = { gates: ['h'], products: ['u'], biases: [['bias']], states: ['h'], gradients: [['da']] } as const;
  return { op: 'rnn', ...names, forward, backward, unrolled };
}
