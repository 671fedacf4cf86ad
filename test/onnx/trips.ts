import { expect } from 'vitest';
import { add, mul, scope, sum, type Tensor } from '../../src/index.js';
import { Module } from '../../src/nn/module.js';
import { type ExportOnnxOptions, exportOnnx, importOnnx, type OnnxModule } from '../../src/onnx/index.js';
import { decode } from '../../src/onnx/proto/decode.js';
import { type ModelProto, modelMessage } from '../../src/onnx/proto/schema.js';
import { close } from '../helpers/close.js';

/** A module that computes a function of its inputs. */
export class Computing extends Module {
  readonly f: (...inputs: Tensor[]) => unknown;

  constructor(f: (...inputs: Tensor[]) => unknown) {
    super();
    this.f = f;
  }

  forward(...inputs: Tensor[]): unknown {
    return this.f(...inputs);
  }
}

/** The content of the file that a model is exported to. */
export async function exported(
  model: Module,
  inputs: Parameters<typeof exportOnnx>[1],
  options?: ExportOnnxOptions,
): Promise<ModelProto> {
  return decode('file', modelMessage, await exportOnnx(model, inputs, options));
}

/** How often each operator is in a file. */
export function operatorCounts({ graph }: ModelProto): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType = '' } of graph?.node ?? []) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}

/** The outputs of a model in evaluation mode, as a list. */
export function outputsOf(model: Module, inputs: readonly Tensor[]): Tensor[] {
  model.eval();
  if ('forwardAll' in model) return (model as OnnxModule).forwardAll(...inputs);
  const results = model.forward(...(inputs as never[]));
  return [results].flat(5) as Tensor[];
}

/** The model that comes back from a file. */
export async function reimported(
  model: Module,
  inputs: Parameters<typeof exportOnnx>[1],
  options?: ExportOnnxOptions,
): Promise<OnnxModule> {
  return importOnnx(await exportOnnx(model, inputs, options));
}

/** Asserts that two models have parameters of the same names, and compute the same outputs and gradients. */
export function expectSame(actual: Module, expected: Module, inputs: readonly Tensor[]): void {
  scope(() => {
    const own = [actual, expected].map((model) => gradientsOf(model, inputs));
    const [ys, zs] = own.map(({ outputs }) => outputs);
    expect(ys.map(({ shape, dtype }) => [shape, dtype])).toEqual(zs.map(({ shape, dtype }) => [shape, dtype]));
    ys.forEach((y, i) => {
      close(y.dataSync(), zs[i].dataSync(), 1e-5, 1e-5, { what: `output ${i}`, shape: y.shape });
    });
    const [found, wanted] = own.map(({ gradients }) => gradients);
    expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
    for (const [name, values] of wanted) {
      close(found.get(name) ?? [], values, 1e-4, 1e-4, { what: `gradient of ${name}` });
    }
  });
}

/** The outputs, and the gradients of the sum of their squares, by the names of the parameters. */
function gradientsOf(model: Module, inputs: readonly Tensor[]) {
  const outputs = outputsOf(model, inputs);
  const squares = outputs.filter(({ requiresGrad }) => requiresGrad).map((y) => sum(mul(y, y)));
  const parameters = model.namedParameters();
  model.zeroGrad();
  if (squares.length > 0) squares.reduce((a, b) => add(a, b)).backward();
  const gradients = new Map([...parameters].map(([name, p]) => [name, p.grad?.dataSync() ?? []]));
  model.zeroGrad();
  return { outputs, gradients };
}
