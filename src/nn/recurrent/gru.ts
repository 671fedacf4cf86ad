import { gru } from '../../autograd/ops/recurrent/gru.js';
import type { RecurrentWeights } from '../../autograd/ops/recurrent/sequence.js';
import { resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Recurrent, type RecurrentOptions, recurrentTable } from './recurrent.js';

/**
 * Gated recurrent units (Cho et al. 2014) in PyTorch's form, in stacked layers:
 *
 *     r = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
 *     z = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
 *     n = tanh(W_in x_t + b_in + r * (W_hn h_{t-1} + b_hn))
 *     h_t = (1 - z) * n + z * h_{t-1}
 *
 * Parameters `weight_ih_l0` (3 H, C), `weight_hh_l0` (3 H, H), `bias_ih_l0`, `bias_hh_l0` (3 H) and so on are
 * initialised from U(-1/sqrt(H), 1/sqrt(H)). `GRU<false>` is a network without biases.
 * @throws ValueError for sizes that are not positive integers and for bad options.
 */
export class GRU<Bias extends boolean = true> extends Recurrent<Bias> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions<Bias> = {}) {
    super('GRU', 3, inputSize, hiddenSize, resolveOptions('GRU', recurrentTable, options));
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
    const [y, last] = gru(x, h, weights);
    return [y, [last]] as const;
  }
}
