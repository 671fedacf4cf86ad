import { requiresGrad } from '../../autograd/graph.js';
import { withGrad } from '../../autograd/mode.js';
import { clone } from '../../autograd/ops/convert.js';
import { filled } from '../../autograd/ops/fill.js';
import type { Parameter } from '../../autograd/parameter.js';
import { type Dtype, dtypes } from '../../dtype.js';
import { expected, textOf, ValueError } from '../../errors.js';
import { backendOf } from '../../tensor/device.js';
import { prepareCopy } from '../../tensor/host.js';
import { scope } from '../../tensor/memory/scope.js';
import { natural, type Option, oneOf, optional, text } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import { defaultGenerator } from '../../tensor/random.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Module } from '../module.js';
import { ModelSummary } from './model-summary.js';
import { observeForward, type Tally } from './observe-forward.js';
import type { SummaryRow } from './summary-row.js';

/** Options of `summary`. */
export interface SummaryOptions {
  /**
   * How deep in the model modules may be to have a row in the text; `rows` has all of them.
   * @default 3
   */
  readonly depth?: number;
  /**
   * The dtype of inputs that are given as shapes: one for all, or a list with one for each input.
   * @default 'float32'
   */
  readonly dtype?: Dtype | readonly Dtype[];
  /** The device of inputs that are given as shapes. Default: that of the model. */
  readonly device?: string;
}

const dtypeKind = oneOf(dtypes);

const dtypeOrList: Option<Dtype | readonly Dtype[]> = {
  initial: 'float32',
  wanted: `${dtypeKind.wanted} or a list of them`,
  accepts: (x) => (Array.isArray(x) ? x.every(dtypeKind.accepts) : dtypeKind.accepts(x)),
};

const table: OptionTable<SummaryOptions> = { depth: natural(3), dtype: dtypeOrList, device: optional(text()) };

const nothing: Tally = { calls: 0, outputShapes: [], multiplyAdds: 0, bytes: 0 };

/** Makes the summary of a model; `summary` documents it. */
export function summarize(model: Module, given: unknown, options?: SummaryOptions): ModelSummary {
  const { depth = 3, dtype = 'float32', device } = resolveOptions('summary', table, options);
  const inputs = inputList(given);
  const own = [...model.parameters(), ...model.buffers()];
  const [first] = [...own, ...inputs.filter((x) => x instanceof Tensor)];
  const backend = device === undefined && first ? first.storage.backend : backendOf(device);
  return scope(() => {
    const tensors = inputs.map((input, i) => {
      if (input instanceof Tensor) return input;
      return filled('summary', input as number[], 0, dtypeOf(dtype, i), backend);
    });
    const tallies = unchanged(model, () => observeForward(model, tensors, backend));
    const rows = [...model.namedModules()].map(([name, module]) => rowOf(name, module, tallies.get(module) ?? nothing));
    return new ModelSummary(rows, { model: bytesOf(own), input: bytesOf(tensors) }, depth);
  });
}

/** The inputs as a list; a list of numbers is the shape of a single one. */
function inputList(given: unknown): readonly unknown[] {
  const isShape = (x: unknown): x is readonly number[] =>
    Array.isArray(x) && x.every((length) => typeof length === 'number');
  const list = given instanceof Tensor || (isShape(given) && given.length > 0) ? [given] : given;
  if (Array.isArray(list) && list.every((x) => x instanceof Tensor || isShape(x))) return list;
  throw new ValueError(expected('summary', 'a shape or tensor for each input', textOf(given)));
}

function dtypeOf(dtype: Dtype | readonly Dtype[], index: number): Dtype {
  const found = typeof dtype === 'string' ? dtype : dtype[index];
  if (found) return found;
  throw new ValueError(expected('summary', `a dtype for input ${index}`, `a list of ${dtype.length}`));
}

/** Runs `body`, and puts the buffers of the model and the stream of random numbers back to where they were. */
function unchanged<R>(model: Module, body: () => R): R {
  const copies = model
    .buffers()
    .map((t) => ({ t, before: withGrad(false, () => clone(t)), changed: t.storage.changed }));
  const rewind = defaultGenerator.bookmark();
  try {
    return body();
  } finally {
    rewind();
    // a buffer that is written counts as changed, which an older forward pass may not expect
    for (const { t, before, changed } of copies) if (t.storage.changed !== changed) prepareCopy('summary', t, before)();
  }
}

function rowOf(name: string, module: Module, { bytes, ...tally }: Tally): SummaryRow {
  const parameters = module.parameters();
  return {
    name,
    type: module.constructor.name,
    depth: name === '' ? 0 : name.split('.').length,
    ...tally,
    parameters: sizeOf(parameters),
    trainableParameters: sizeOf(parameters.filter(requiresGrad)),
    activationBytes: bytes,
  };
}

const sizeOf = (parameters: readonly Parameter[]): number => parameters.reduce((sum, { size }) => sum + size, 0);

const bytesOf = (tensors: readonly Tensor[]): number => tensors.reduce((sum, t) => sum + t.storage.bytes, 0);
