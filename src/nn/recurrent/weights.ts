import type { RecurrentWeights } from '../../autograd/ops/recurrent/sequence.js';
import type { Parameter } from '../../autograd/parameter.js';
import { uniform } from '../init.js';
import type { Module } from '../module.js';
import { makeIf, newParameter } from '../new-parameter.js';

/** Shape of the weights of one layer in one direction. */
export interface WeightShape {
  /** Blocks of rows: 4 for LSTM, 3 for GRU, 1 for RNN. */
  readonly gates: number;
  readonly inputs: number;
  readonly hidden: number;
  readonly bias: boolean;
}

/**
 * Adds the fields `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`, each name with `suffix` appended, to `module`:
 * parameters initialised from U(-1/sqrt(hidden), 1/sqrt(hidden)) as in PyTorch, or null for missing biases.
 */
export function addWeights(module: Module, op: string, suffix: string, shape: WeightShape): void {
  const { gates, inputs, hidden, bias } = shape;
  const limit = 1 / Math.sqrt(hidden);
  const add = (name: string, size: readonly number[], has = true) => {
    const made = makeIf(has, () => newParameter(op, size, (p) => uniform(p, -limit, limit)));
    Object.assign(module, { [name + suffix]: made });
  };
  add('weight_ih', [gates * hidden, inputs]);
  add('weight_hh', [gates * hidden, hidden]);
  add('bias_ih', [gates * hidden], bias);
  add('bias_hh', [gates * hidden], bias);
}

/** The parameters that `module` currently has under these names. */
export function weightsOf(module: Module, suffix: string): RecurrentWeights {
  const fields = module as unknown as Readonly<Record<string, Parameter | undefined>>;
  return {
    weightIh: fields[`weight_ih${suffix}`] as Parameter,
    weightHh: fields[`weight_hh${suffix}`] as Parameter,
    biasIh: fields[`bias_ih${suffix}`] ?? null,
    biasHh: fields[`bias_hh${suffix}`] ?? null,
  };
}
