import { arange, nn, optim, randint, type Tensor, where } from 'antinode';
import { trainStep } from './train.js';
import type { Workload } from './workload.js';

const [numLayers, width, heads, context, batch, vocabSize] = [4, 128, 4, 64, 16, 65];

/** Causal self-attention of several heads, from (B, T, C) to (B, T, C). */
class Attention extends nn.Module {
  readonly qkv = new nn.Linear(width, 3 * width);
  readonly out = new nn.Linear(width, width);
  /** (T, T): where a query may see a key, which is not later. */
  readonly past = this.registerBuffer('past', arange(context).reshape([context, 1]).ge(arange(context)), {
    persistent: false,
  });

  override forward(x: Tensor): Tensor {
    const [B, T, C] = x.shape;
    // each (B, T, heads, C / heads)
    const [q, k, v] = this.qkv
      .forward(x)
      .split(C, 2)
      .map((each) => each.reshape([B, T, heads, C / heads]));
    const scores = q
      .permute([0, 2, 1, 3])
      .matmul(k.permute([0, 2, 3, 1]))
      .div(Math.sqrt(C / heads));
    const weights = where(this.past, scores, Number.NEGATIVE_INFINITY).softmax(-1);
    const y = weights.matmul(v.permute([0, 2, 1, 3])); // (B, heads, T, C / heads)
    return this.out.forward(y.permute([0, 2, 1, 3]).reshape([B, T, C]));
  }
}

/** Attention, then a perceptron of four times the width; each is normalised before and added to its input. */
class Block extends nn.Module {
  readonly norm1 = new nn.LayerNorm(width);
  readonly attention = new Attention();
  readonly norm2 = new nn.LayerNorm(width);
  readonly mlp = new nn.Sequential(new nn.Linear(width, 4 * width), new nn.GELU(), new nn.Linear(4 * width, width));

  override forward(x: Tensor): Tensor {
    const attended = x.add(this.attention.forward(this.norm1.forward(x)));
    return attended.add(this.mlp.forward(this.norm2.forward(attended)));
  }
}

/** A small GPT that predicts characters, as in nanoGPT: the embedding of tokens is also the weight of the output. */
export class NanoGPT extends nn.Module {
  readonly tokens = new nn.Embedding(vocabSize, width);
  readonly positions = new nn.Embedding(context, width);
  readonly blocks = new nn.Sequential(...Array.from({ length: numLayers }, () => new Block()));
  readonly norm = new nn.LayerNorm(width);

  /**
   * Matrices are initialised from N(0, 0.02), as in nanoGPT; PyTorch's normal embeddings give losses far above log V.
   */
  constructor() {
    super();
    for (const p of this.parameters()) if (p.ndim > 1) nn.init.normal(p, 0, 0.02);
  }

  /** From tokens (B, T) to logits (B T, V). */
  override forward(tokens: Tensor): Tensor {
    const x = this.tokens.forward(tokens).add(this.positions.forward(arange(tokens.shape[1])));
    return nn.functional.linear(this.norm.forward(this.blocks.forward(x)), this.tokens.weight).reshape([-1, vocabSize]);
  }
}

const train: Workload = {
  name: 'nanogpt-train',
  // products with the weights, and of queries with keys and weights with values, which are not halved by the mask;
  // twice as many in backward
  flops: 3 * 2 * batch * context * (numLayers * (12 * width ** 2 + 2 * context * width) + width * vocabSize),
  make() {
    const model = new NanoGPT();
    const [tokens, targets] = [randint(vocabSize, [batch, context]), randint(vocabSize, [batch * context])];
    return trainStep(model, new optim.AdamW(model.parameters()), tokens, targets);
  },
};

/** A transformer that predicts characters. */
export const nanogpt: Workload[] = [train];
