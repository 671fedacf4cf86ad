/** A module of a model. Numbers include the modules in it. */
export interface SummaryRow {
  /** The path, as in names of parameters: `layer1.0.conv1`; empty for the model itself. */
  readonly name: string;
  /** The name of its class. */
  readonly type: string;
  /** How many modules it is in. */
  readonly depth: number;
  /** How often it was called; 0 if the model did not use it or used only its parameters. */
  readonly calls: number;
  /** The shapes of the tensors that its first call returned. */
  readonly outputShapes: readonly (readonly number[])[];
  /** Elements of its parameters; a shared parameter counts once in each row, and once in the row of the model. */
  readonly parameters: number;
  /** Those that require a gradient. */
  readonly trainableParameters: number;
  /** Multiplications with an addition, in the matrix products and convolutions of all calls. */
  readonly multiplyAdds: number;
  /** Bytes that all calls add to the memory in use until backward: their outputs, and what else a training step keeps. */
  readonly activationBytes: number;
}

/** The rows of a summary and the numbers below them; `ModelSummary` documents them. */
export interface SummaryTotals {
  readonly rows: readonly SummaryRow[];
  readonly parameters: number;
  readonly trainableParameters: number;
  readonly multiplyAdds: number;
  readonly activationBytes: number;
  readonly modelBytes: number;
  readonly inputBytes: number;
}
