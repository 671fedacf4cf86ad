import { filled } from '../../autograd/ops/fill.js';
import { dropout } from '../../autograd/ops/nn/dropout.js';
import type { RecurrentWeights } from '../../autograd/ops/recurrent/sequence.js';
import { cat, split, stack } from '../../autograd/ops/shape/cat.js';
import { permute } from '../../autograd/ops/shape/permute.js';
import { reshape } from '../../autograd/ops/shape/reshape.js';
import { flip } from '../../autograd/ops/shape/slice.js';
import type { Parameter } from '../../autograd/parameter.js';
import { expected, ShapeError, shapeText } from '../../errors.js';
import { expectTensor } from '../../tensor/expect.js';
import { count, flag, share } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable } from '../../tensor/options.js';
import { sameShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module.js';
import type { If } from '../new-parameter.js';
import { addWeights, weightsOf } from './weights.js';

/** Options of `LSTM`, `GRU` and `RNN`. */
export interface RecurrentOptions<Bias extends boolean = boolean> {
  /** Stacked layers. Default 1. */
  readonly numLayers?: number;
  /** Add biases. Default true. */
  readonly bias?: Bias;
  /** Sequences are (B, T, C) instead of (T, B, C); states are (layers, B, H) in both cases. Default false. */
  readonly batchFirst?: boolean;
  /** Probability of dropout after every layer but the last, in training. Default 0. */
  readonly dropout?: number;
  /** Run every layer backwards in time as well, and concatenate both outputs. Default false. */
  readonly bidirectional?: boolean;
}

/** Options that LSTM, GRU and RNN share. */
export const recurrentTable: OptionTable<Required<RecurrentOptions>> = {
  numLayers: count(1),
  bias: flag(true),
  batchFirst: flag(false),
  dropout: share(0),
  bidirectional: flag(false),
};

/** Base class of LSTM, GRU and RNN: their layers, directions, layouts, states, and parameters with PyTorch's names. */
export abstract class Recurrent<Bias extends boolean = boolean> extends Module {
  /** `weight_ih_l0` (gates * H, C), `weight_hh_l0` (gates * H, H) and so on; with `_reverse` for the backward direction. */
  [name: `weight_${string}`]: Parameter;
  /** `bias_ih_l0` and `bias_hh_l0` (gates * H) and so on; null without biases. */
  [name: `bias_${string}`]: If<Bias, Parameter>;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly #label: string;

  /** `options` are complete and checked; `gates` is the number of blocks of rows of the weights. */
  protected constructor(
    label: string,
    gates: number,
    inputSize: number,
    hiddenSize: number,
    options: Required<RecurrentOptions>,
  ) {
    super();
    const { numLayers, bias, batchFirst, dropout, bidirectional } = options;
    this.#label = label;
    this.inputSize = checkArgument(label, 'inputSize', count(), inputSize);
    this.hiddenSize = checkArgument(label, 'hiddenSize', count(), hiddenSize);
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    const ways = this.#suffixes.length / numLayers;
    this.#suffixes.forEach((suffix, i) => {
      const inputs = i < ways ? inputSize : ways * hiddenSize;
      addWeights(this, label, suffix, { gates, inputs, hidden: hiddenSize, bias });
    });
  }

  /** One layer in one direction: from x (T, B, C) and states (B, H) to y (T, B, H) and the states after the last step. */
  protected abstract layer(
    x: Tensor,
    states: readonly Tensor[],
    weights: RecurrentWeights,
  ): readonly [y: Tensor, states: readonly Tensor[]];

  /** Runs all layers. `given` holds the initial states by name; those that are undefined are zeros. */
  protected run(x: Tensor, given: Readonly<Record<string, Tensor | undefined>>): { y: Tensor; states: Tensor[] } {
    const label = this.#label;
    const batched = this.#checkInput(x);
    let y = batched ? x : reshape(x, [x.shape[0], 1, this.inputSize]);
    if (batched && this.batchFirst) y = permute(y, [1, 0, 2]);
    const shape = batched
      ? [this.#suffixes.length, y.shape[1], this.hiddenSize]
      : [this.#suffixes.length, this.hiddenSize];
    const one = [y.shape[1], this.hiddenSize];
    const starts = Object.entries(given).map(([name, state]) => {
      if (!state) return this.#suffixes.map(() => filled(label, one, 0, 'float32', x.storage.backend));
      if (!(state instanceof Tensor) || !sameShape(state.shape, shape)) {
        const got = state instanceof Tensor ? shapeText(state.shape) : typeof state;
        throw new ShapeError(expected(label, `${name} ${shapeText(shape)}`, got));
      }
      return split(state, 1).map((part) => reshape(part, one));
    });
    const ends: Tensor[][] = starts.map(() => []);
    const ways = this.bidirectional ? 2 : 1;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const input = layer > 0 ? dropout(y, this.dropout, { training: this.training }) : y;
      const outputs = Array.from({ length: ways }, (_, way) => {
        const at = ways * layer + way;
        const states = starts.map((start) => start[at]);
        const weights = weightsOf(this, this.#suffixes[at]);
        const [out, last] = this.layer(way === 1 ? flip(input, 0) : input, states, weights);
        last.forEach((state, i) => {
          ends[i].push(state);
        });
        return way === 1 ? flip(out, 0) : out;
      });
      y = outputs.length > 1 ? cat(outputs, 2) : outputs[0];
    }
    if (!batched) y = reshape(y, [y.shape[0], y.shape[2]]);
    else if (this.batchFirst) y = permute(y, [1, 0, 2]);
    return { y, states: ends.map((list) => reshape(list.length > 1 ? stack(list) : list[0], shape)) };
  }

  override describe(): string {
    const { inputSize, hiddenSize, numLayers, batchFirst, dropout, bidirectional } = this;
    const options = Object.entries({ numLayers, batchFirst, dropout, bidirectional });
    const changed = options.filter(
      ([name, value]) => value !== (name === 'numLayers' ? 1 : name === 'dropout' ? 0 : false),
    );
    return [inputSize, hiddenSize, ...changed.map(([name, value]) => `${name}=${value}`)].join(', ');
  }

  /** The suffixes of the parameters' names, layer by layer and direction by direction. */
  get #suffixes(): string[] {
    const ways = this.bidirectional ? ['', '_reverse'] : [''];
    return Array.from({ length: this.numLayers }, (_, layer) => ways.map((way) => `_l${layer}${way}`)).flat();
  }

  /** Whether x has a batch axis. */
  #checkInput(x: Tensor): boolean {
    expectTensor(this.#label, x);
    const fits = (x.ndim === 3 || x.ndim === 2) && x.shape[x.ndim - 1] === this.inputSize;
    if (!fits) {
      const wanted = this.batchFirst ? `(B, T, ${this.inputSize})` : `(T, B, ${this.inputSize})`;
      throw new ShapeError(expected(this.#label, `input ${wanted} or (T, ${this.inputSize})`, shapeText(x.shape)));
    }
    return x.ndim === 3;
  }
}
