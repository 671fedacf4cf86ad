import { filled } from '../../autograd/ops/fill.js';
import { gru } from '../../autograd/ops/recurrent/gru.js';
import { type LSTMState, lstm } from '../../autograd/ops/recurrent/lstm.js';
import { nonlinearities, type RecurrentNonlinearity, rnn } from '../../autograd/ops/recurrent/rnn.js';
import { reshape } from '../../autograd/ops/shape/reshape.js';
import type { Parameter } from '../../autograd/parameter.js';
import { expected, ShapeError, shapeText } from '../../errors.js';
import { expectTensor } from '../../tensor/expect.js';
import { count, flag } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import { sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';
import type { If } from '../new-parameter.js';
import { addWeights, weightsOf } from './weights.js';

/** Options of `LSTMCell` and `GRUCell`. */
export interface CellOptions<Bias extends boolean = boolean> {
  /** Add biases. Default true. */
  readonly bias?: Bias;
}

/** Options of `RNNCell`. */
export interface RNNCellOptions<Bias extends boolean = boolean> extends CellOptions<Bias> {
  /** Activation of the hidden state. Default 'tanh'. */
  readonly nonlinearity?: RecurrentNonlinearity;
}

const cellTable: OptionTable<Required<CellOptions>> = { bias: flag(true) };
const rnnTable: OptionTable<Required<RNNCellOptions>> = {
  ...cellTable,
  nonlinearity: nonlinearities,
};

/** Base class of a single recurrent step. Its parameters are `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`. */
export abstract class Cell<Bias extends boolean = boolean> extends Module {
  [name: `weight_${string}`]: Parameter;
  [name: `bias_${string}`]: If<Bias, Parameter>;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly #label: string;

  protected constructor(label: string, gates: number, inputs: number, hidden: number, options: Required<CellOptions>) {
    super();
    this.#label = label;
    this.inputSize = checkArgument(label, 'inputSize', count(), inputs);
    this.hiddenSize = checkArgument(label, 'hiddenSize', count(), hidden);
    addWeights(this, label, '', { gates, inputs, hidden, bias: options.bias });
  }

  /** Returns x as a sequence (1, B, C), states (B, H), and a function that gives results the batch axis, if any, of x. */
  protected prepared(x: Tensor, given: Readonly<Record<string, Tensor | undefined>>) {
    const { inputSize, hiddenSize } = this;
    expectTensor(this.#label, x);
    if (x.ndim < 1 || x.ndim > 2 || x.shape[x.ndim - 1] !== inputSize) {
      throw new ShapeError(expected(this.#label, `input (B, ${inputSize}) or (${inputSize})`, shapeText(x.shape)));
    }
    const batch = x.ndim === 2 ? x.shape[0] : 1;
    const own = x.ndim === 2 ? [batch, hiddenSize] : [hiddenSize];
    const states = Object.entries(given).map(([name, state]) => {
      if (!state) return filled(this.#label, [batch, hiddenSize], 0, 'float32', x.storage.backend);
      expectTensor(this.#label, state, `${name} ${shapeText(own)}`);
      if (!sameShape(state.shape, own)) {
        throw new ShapeError(expected(this.#label, `${name} ${shapeText(own)}`, shapeText(state.shape)));
      }
      return reshape(state, [batch, hiddenSize]);
    });
    const sequence = reshape(x, [1, batch, inputSize]);
    return { sequence, states, finish: (t: Tensor) => reshape(t, own) };
  }

  override describe(): string {
    return `${this.inputSize}, ${this.hiddenSize}`;
  }
}

/**
 * One step of `LSTM`.
 * @throws ValueError for sizes that are not positive integers and for bad options.
 */
export class LSTMCell<Bias extends boolean = true> extends Cell<Bias> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions<Bias> = {}) {
    super('LSTMCell', 4, inputSize, hiddenSize, resolveOptions('LSTMCell', cellTable, options));
  }

  /**
   * From x (B, C) and the states [h, c] (B, H), zeros by default, to the states [h, c] after one step.
   * @throws ShapeError or DtypeError if x or a state does not fit.
   */
  forward(x: Tensor, state?: LSTMState): [h: Tensor, c: Tensor] {
    const { sequence, states, finish } = this.prepared(x, { h: state?.[0], c: state?.[1] });
    const [, [h, c]] = lstm(sequence, [states[0], states[1]], weightsOf(this, ''));
    return [finish(h), finish(c)];
  }
}

/**
 * One step of `GRU`.
 * @throws ValueError for sizes that are not positive integers and for bad options.
 */
export class GRUCell<Bias extends boolean = true> extends Cell<Bias> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions<Bias> = {}) {
    super('GRUCell', 3, inputSize, hiddenSize, resolveOptions('GRUCell', cellTable, options));
  }

  /**
   * From x (B, C) and the state h (B, H), zeros by default, to the state h after one step.
   * @throws ShapeError or DtypeError if x or the state does not fit.
   */
  forward(x: Tensor, h?: Tensor): Tensor {
    const { sequence, states, finish } = this.prepared(x, { h });
    return finish(gru(sequence, states[0], weightsOf(this, ''))[1]);
  }
}

/**
 * One step of `RNN`.
 * @throws ValueError for sizes that are not positive integers and for bad options.
 */
export class RNNCell<Bias extends boolean = true> extends Cell<Bias> {
  readonly nonlinearity: RecurrentNonlinearity;

  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions<Bias> = {}) {
    const complete = resolveOptions('RNNCell', rnnTable, options);
    super('RNNCell', 1, inputSize, hiddenSize, complete);
    this.nonlinearity = complete.nonlinearity;
  }

  /**
   * From x (B, C) and the state h (B, H), zeros by default, to the state h after one step.
   * @throws ShapeError or DtypeError if x or the state does not fit.
   */
  forward(x: Tensor, h?: Tensor): Tensor {
    const { sequence, states, finish } = this.prepared(x, { h });
    return finish(rnn(sequence, states[0], weightsOf(this, ''), this.nonlinearity)[1]);
  }
}
