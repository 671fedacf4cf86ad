import { embedding } from '../../autograd/ops/nn/embedding.js';
import type { Parameter } from '../../autograd/parameter.js';
import { count } from '../../tensor/option-kinds.js';
import { checkArgument } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { normal } from '../init.js';
import { Module } from '../module.js';
import { newParameter } from '../new-parameter.js';

/**
 * A table of vectors: maps an integer index (...) to rows (..., D) of weight (V, D), which is initialised from N(0, 1).
 * @throws ValueError for sizes that are not positive integers.
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number) {
    super();
    this.numEmbeddings = checkArgument('Embedding', 'numEmbeddings', count(), numEmbeddings);
    this.embeddingDim = checkArgument('Embedding', 'embeddingDim', count(), embeddingDim);
    this.weight = newParameter('Embedding', [numEmbeddings, embeddingDim], normal);
  }

  /**
   * Returns the rows (..., D) that an index (...) selects.
   * @throws ShapeError unless the weight has two axes, DtypeError unless the index is an integer, ValueError for an
   * index outside the table.
   */
  forward(index: Tensor): Tensor {
    return embedding(index, this.weight);
  }

  override describe(): string {
    return `${this.numEmbeddings}, ${this.embeddingDim}`;
  }
}
