import { dropout } from '../../autograd/ops/nn/dropout.js';
import type { LSTMState } from '../../autograd/ops/recurrent/lstm.js';
import { expected, ShapeError, shapeText, ValueError } from '../../errors.js';
import { count, flag, optional, share } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { uniform, zeros } from '../init.js';
import { Embedding } from '../layers/embedding.js';
import { Linear } from '../layers/linear.js';
import { Module } from '../module.js';
import { LSTM } from '../recurrent/lstm.js';

/** Options of `lstmLanguageModel`. */
export interface LSTMLanguageModelOptions {
  /** Number of words, V. */
  readonly vocabSize: number;
  /** Length of an embedding, E. Default 200. */
  readonly embeddingSize?: number;
  /** Length of the hidden state of a layer, H. Default E. */
  readonly hiddenSize?: number;
  /** Layers. Default 2. */
  readonly numLayers?: number;
  /** Probability of dropout on embeddings, between layers and on outputs. Default 0.5. */
  readonly dropout?: number;
  /** Use the embedding as the weight of the decoder too (Press and Wolf 2017); requires H = E. Default false. */
  readonly tieWeights?: boolean;
}

const label = 'lstmLanguageModel';
const table = {
  vocabSize: count(),
  embeddingSize: count(200),
  hiddenSize: optional(count()),
  numLayers: count(2),
  dropout: share(0.5),
  tieWeights: flag(false),
} satisfies OptionTable<LSTMLanguageModelOptions>;

/** A language model: embedding, LSTM layers, logits of the next word. Parameters `encoder.*`, `rnn.*`, `decoder.*`. */
export class LSTMLanguageModel extends Module {
  readonly dropout: number;
  encoder: Embedding;
  rnn: LSTM;
  decoder: Linear;

  constructor(options: LSTMLanguageModelOptions) {
    super();
    const given = resolveOptions(label, table, options);
    const { vocabSize, embeddingSize, hiddenSize = embeddingSize, numLayers, dropout: p, tieWeights } = given;
    if (tieWeights && hiddenSize !== embeddingSize) {
      throw new ValueError(
        expected(label, `hiddenSize = embeddingSize = ${embeddingSize} with tieWeights`, `${hiddenSize}`),
      );
    }
    this.dropout = p;
    this.encoder = new Embedding(vocabSize, embeddingSize);
    this.rnn = new LSTM(embeddingSize, hiddenSize, { numLayers, dropout: p });
    this.decoder = new Linear(hiddenSize, vocabSize);
    uniform(this.encoder.weight, -0.1, 0.1);
    uniform(this.decoder.weight, -0.1, 0.1);
    zeros(this.decoder.bias);
    if (tieWeights) {
      this.decoder.weight.dispose();
      this.decoder.weight = this.encoder.weight;
    }
  }

  /**
   * From tokens (T, B), int32, and the state [h, c], each (layers, B, H), zeros by default, to logits (T, B, V) of the
   * next words, and the state after the last step (see `carryState`).
   * @throws ShapeError or DtypeError if tokens or a state do not fit.
   * @throws ValueError for tokens outside of the vocabulary.
   */
  forward(tokens: Tensor, state?: LSTMState): [logits: Tensor, state: [h: Tensor, c: Tensor]] {
    if (tokens.ndim !== 2) throw new ShapeError(expected(label, 'tokens (T, B)', shapeText(tokens.shape)));
    const dropped = (x: Tensor) => dropout(x, this.dropout, { training: this.training });
    const [y, next] = this.rnn.forward(dropped(this.encoder.forward(tokens)), state);
    return [this.decoder.forward(dropped(y)), next];
  }
}

/**
 * A word-level language model of LSTM layers (Zaremba, Sutskever, Vinyals 2014): embeddings and decoder are
 * initialised from U(-0.1, 0.1), the decoder's bias to 0.
 * @throws ValueError for bad options.
 */
export function lstmLanguageModel(options: LSTMLanguageModelOptions): LSTMLanguageModel {
  return new LSTMLanguageModel(options);
}
