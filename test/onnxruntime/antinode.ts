import type { Tensor } from '../../src/index.js';
import { noGrad, tensor } from '../../src/index.js';
import type { Module } from '../../src/nn/module.js';
import { type ExportOnnxOptions, exportOnnx, importOnnx } from '../../src/onnx/index.js';
import type { Typed } from '../onnx/files.js';
import { expectSame, outputsOf } from '../onnx/trips.js';
import type { Outputs } from './runtime.js';

/** A model with inputs. */
export interface ModelCase {
  readonly name: string;
  readonly options?: ExportOnnxOptions;
  make(): Module;
  inputs(): Tensor[];
  /** What it is exported with. Default: its inputs. */
  examples?(): Tensor[];
  /** Also compare outputs and gradients of the module that comes back from the file; npm test does so for layers. */
  readonly comesBack?: boolean;
}

const dtypes = { float32: 'float32', int32: 'int32', int64: 'int32', uint8: 'uint8', bool: 'bool' } as const;

const listed = (outputs: readonly Tensor[]): Outputs =>
  outputs.map((t) => ({ dims: t.shape, data: Array.from(t.dataSync(), Number) }));

/** What the module that antinode imports from a file computes. */
export async function importedOutputs(bytes: Uint8Array, inputs: Readonly<Record<string, Typed>>): Promise<Outputs> {
  const model = (await importOnnx(bytes)).eval();
  const given = model.inputNames.map((name) => {
    const { type, shape, values } = inputs[name];
    return tensor(Float64Array.from(values), { shape, dtype: dtypes[type] });
  });
  return listed(model.forwardAll(...given));
}

/**
 * The file of a model, and what it computes from which inputs. If the case says so, the module that antinode imports
 * from the file has to compute the same outputs and gradients.
 */
export async function outputsOfModel({ make, inputs, examples, options, comesBack }: ModelCase) {
  const model = make();
  const given = inputs();
  const bytes = await exportOnnx(model, examples?.() ?? given, options);
  const outputs = noGrad(() => listed(outputsOf(model, given)));
  if (comesBack) {
    const back = await importOnnx(bytes);
    expectSame(back, model, given);
    back.dispose();
  }
  model.dispose();
  const names = given.map((_, i) => (given.length === 1 ? 'input' : `input${i}`));
  const typed = given.map((t): Typed => ({ type: t.dtype, shape: t.shape, values: t.dataSync() }));
  return { bytes, outputs, inputs: Object.fromEntries(names.map((name, i) => [name, typed[i]])) };
}
