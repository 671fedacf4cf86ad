import { type LSTMState, lstm } from '../../autograd/ops/recurrent/lstm.js';
import type { RecurrentWeights } from '../../autograd/ops/recurrent/sequence.js';
import { resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Recurrent, type RecurrentOptions, recurrentTable } from './recurrent.js';

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997) in PyTorch's form, in stacked layers:
 *
 *     [i, f, g, o] = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
 *     c_t = sigmoid(f) * c_{t-1} + sigmoid(i) * tanh(g)
 *     h_t = sigmoid(o) * tanh(c_t)
 *
 * Parameters `weight_ih_l0` (4 H, C), `weight_hh_l0` (4 H, H), `bias_ih_l0`, `bias_hh_l0` (4 H) and so on are
 * initialised from U(-1/sqrt(H), 1/sqrt(H)). `LSTM<false>` is a network without biases.
 * @throws ValueError for sizes that are not positive integers and for bad options.
 */
export class LSTM<Bias extends boolean = true> extends Recurrent<Bias> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions<Bias> = {}) {
    super('LSTM', 4, inputSize, hiddenSize, resolveOptions('LSTM', recurrentTable, options));
  }

  /**
   * From x (T, B, C) (or (B, T, C) with batchFirst, or (T, C)) and the states [h, c], each (layers, B, H), zeros by
   * default, to y (T, B, H), the hidden states of the last layer, and the states after the last step. To use a state
   * in the next call, outside of the scope of this one, carry it with `carryState`.
   * @throws ShapeError or DtypeError if x or a state does not fit.
   */
  forward(x: Tensor, state?: LSTMState): [y: Tensor, state: [h: Tensor, c: Tensor]] {
    const { y, states } = this.run(x, { h: state?.[0], c: state?.[1] });
    return [y, [states[0], states[1]]];
  }

  protected override layer(x: Tensor, [h, c]: readonly Tensor[], weights: RecurrentWeights) {
    return lstm(x, [h, c], weights);
  }
}
