import { inspectSymbol } from '../../tensor/printing/print.js';
import type { SummaryRow } from './summary-row.js';
import { summaryTable } from './summary-table.js';

/** What `summary` found. */
export class ModelSummary {
  /** The modules in the order of `namedModules()`; the first is the model. */
  readonly rows: readonly SummaryRow[];
  /** Elements of all parameters. */
  readonly parameters: number;
  /** Elements of parameters that require a gradient. */
  readonly trainableParameters: number;
  /** Multiplications with an addition of one call, in matrix products and convolutions. */
  readonly multiplyAdds: number;
  /** Bytes that a training step keeps from forward to backward, without inputs and parameters. */
  readonly activationBytes: number;
  /** Bytes of all parameters and buffers. */
  readonly modelBytes: number;
  /** Bytes of the inputs. */
  readonly inputBytes: number;
  readonly #depth: number;

  /** @internal */
  constructor(rows: readonly SummaryRow[], bytes: { readonly model: number; readonly input: number }, depth: number) {
    const [{ parameters, trainableParameters, multiplyAdds, activationBytes }] = rows;
    this.rows = rows;
    this.parameters = parameters;
    this.trainableParameters = trainableParameters;
    this.multiplyAdds = multiplyAdds;
    this.activationBytes = activationBytes;
    this.modelBytes = bytes.model;
    this.inputBytes = bytes.input;
    this.#depth = depth;
  }

  /** The rows down to the depth that was asked for, and the totals, as a table of at most 80 columns. */
  toString(): string {
    return summaryTable(this, this.#depth);
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString();
  }
}
