import { nonlinearities, type RecurrentNonlinearity, rnn } from '../../autograd/ops/recurrent/rnn.js';
import type { RecurrentWeights } from '../../autograd/ops/recurrent/sequence.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Recurrent, type RecurrentOptions, recurrentTable } from './recurrent.js';

/** Options of `RNN`. */
export interface RNNOptions<Bias extends boolean = boolean> extends RecurrentOptions<Bias> {
  /** Activation of the hidden state. Default 'tanh'. */
  readonly nonlinearity?: RecurrentNonlinearity;
}

const table: OptionTable<Required<RNNOptions>> = { ...recurrentTable, nonlinearity: nonlinearities };

/**
 * A simple recurrent network (Elman 1990) in stacked layers: h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).
 * Parameters `weight_ih_l0` (H, C), `weight_hh_l0` (H, H), `bias_ih_l0`, `bias_hh_l0` (H) and so on are initialised
 * from U(-1/sqrt(H), 1/sqrt(H)). `RNN<false>` is a network without biases.
 * @throws ValueError for sizes that are not positive integers and for bad options.
 */
export class RNN<Bias extends boolean = true> extends Recurrent<Bias> {
  readonly nonlinearity: RecurrentNonlinearity;

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions<Bias> = {}) {
    const complete = resolveOptions('RNN', table, options);
    super('RNN', 1, inputSize, hiddenSize, complete);
    this.nonlinearity = complete.nonlinearity;
  }

  /**
   * From x (T, B, C) (or (B, T, C) with batchFirst, or (T, C)) and the state (layers, B, H), zeros by default, to
   * y (T, B, H), the hidden states of the last layer, and the state after the last step.
   * @throws ShapeError or DtypeError if x or a state does not fit.
   */
  forward(x: Tensor, h?: Tensor): [y: Tensor, h: Tensor] {
    const { y, states } = this.run(x, { h });
    return [y, states[0]];
  }

  protected override layer(x: Tensor, [h]: readonly Tensor[], weights: RecurrentWeights) {
    const [y, last] = rnn(x, h, weights, this.nonlinearity);
    return [y, [last]] as const;
  }
}
