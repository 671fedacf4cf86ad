import { zeros } from '../../autograd/create.js';
import { indexSelect } from '../../autograd/ops/index/index-select.js';
import { Parameter } from '../../autograd/parameter.js';
import { expected, shapeText, textOf, ValueError } from '../../errors.js';
import { writeAtomically } from '../../io/local-files.js';
import { Module } from '../../nn/module.js';
import { backendOf } from '../../tensor/device.js';
import { expectText } from '../../tensor/expect.js';
import { fromHost } from '../../tensor/host.js';
import { scope } from '../../tensor/memory/scope.js';
import { type Option, oneOf, optional, texts } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import { checkShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { parametersKey } from '../metadata.js';
import { encode } from '../proto/encode.js';
import { modelMessage } from '../proto/schema.js';
import { traceModel } from '../trace/trace-model.js';
import { batchLengths, batchSizes, fixedLengths } from './batch-lengths.js';
import { GraphWriter } from './graph-writer.js';
import { tensorProto } from './tensor-protos.js';

/** An input of a model: an example, or the shape of a float32 tensor. */
export type ExampleInput = Tensor | readonly number[];

/** Options of `exportOnnx` and `saveOnnx`. */
export interface ExportOnnxOptions {
  /**
   * The version of ONNX's operators, 17 to 21.
   * @default 17
   */
  readonly opset?: number;
  /** Names of the inputs. Default: input, or input0, input1 and so on. */
  readonly inputNames?: readonly string[];
  /** Names of the outputs. Default: output, or output0, output1 and so on. */
  readonly outputNames?: readonly string[];
  /**
   * Let the inputs have any length along one axis, such as the number of examples: true means axis 0. The model is then
   * run twice, with 11 and with 2 examples.
   * @default false
   */
  readonly dynamicBatch?: boolean | number;
}

/** The versions of operators that are written, and the oldest version of the format that has them. */
const irVersions: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

const axis: Option<boolean | number> = {
  initial: false,
  wanted: 'to be true, false or an axis >= 0',
  accepts: (x) => typeof x === 'boolean' || (Number.isInteger(x) && (x as number) >= 0),
};

const table: OptionTable<ExportOnnxOptions> = {
  opset: oneOf(Object.keys(irVersions).map(Number), 17),
  inputNames: optional(texts()),
  outputNames: optional(texts()),
  dynamicBatch: axis,
};

/** The most bytes of a file, which protobuf limits. */
const mostBytes = 2 ** 31 - 1;

/**
 * Returns the bytes of an ONNX file with what a model computes in evaluation mode. The model is run once, on the given
 * inputs or on zeros of the given shapes, and the operations that it runs are written: decisions that depend on shapes
 * or values become fixed. Parameters and buffers that it uses become initializers with their names in the state dict.
 * @param inputs an example or a shape for each argument of `forward`; for a single one, not necessarily in a list
 * @throws ValueError for bad options, and if `forward` does not return tensors, reads values, draws random numbers, uses
 * operations that ONNX does not have or, with dynamicBatch, depends on the number of examples.
 * @example
 * const bytes = await exportOnnx(model, [1, 3, 32, 32], { dynamicBatch: true });
 */
export async function exportOnnx(
  model: Module,
  inputs: ExampleInput | readonly ExampleInput[],
  options?: ExportOnnxOptions,
): Promise<Uint8Array> {
  if (!(model instanceof Module)) throw new ValueError(expected('exportOnnx', 'a module', textOf(model)));
  const given = resolveOptions('exportOnnx', table, options);
  const { opset = 17, dynamicBatch } = given;
  const batchAxis =
    dynamicBatch === false || dynamicBatch === undefined ? null : Number(dynamicBatch === true ? 0 : dynamicBatch);
  const list = inputList(inputs);
  const [trace, lengths] = scope(() => {
    const traced = (size?: number) => tracedWith(model, list, batchAxis === null ? null : { axis: batchAxis, size });
    if (batchAxis === null) return [traced(), fixedLengths] as const;
    const [first, second] = batchSizes.map(traced);
    return [first, batchLengths(first, second)] as const;
  });
  const tensorNames = namesOf(model);
  const writer = new GraphWriter(trace, {
    opset,
    inputNames: namesFor('input', trace.inputs.length, given.inputNames, tensorNames),
    outputNames: namesFor('output', trace.outputs.length, given.outputNames, tensorNames),
    tensorNames,
    lengths,
    batchAxis: batchAxis ?? 0,
  });
  const weights = [];
  for (const [t, name] of writer.tensors) {
    weights.push(tensorProto(name, { shape: t.shape, type: t.dtype }, await t.data()));
  }
  const parameters = [...writer.tensors].flatMap(([t, name]) => (t instanceof Parameter ? [name] : []));
  const initializer = [...weights, ...writer.constants];
  const size = initializer.reduce((sum, { rawData }) => sum + (rawData?.length ?? 0), 0);
  if (size > mostBytes) {
    throw new ValueError(expected('exportOnnx', `tensors of at most ${mostBytes} bytes`, `${size} bytes`));
  }
  return encode(modelMessage, {
    irVersion: irVersions[opset],
    producerName: 'antinode',
    graph: { node: writer.nodes, name: 'graph', initializer, input: writer.inputs, output: writer.outputs },
    opsetImport: [{ domain: '', version: opset }],
    metadataProps: [{ key: parametersKey, value: JSON.stringify(parameters) }],
  });
}

/**
 * Writes what `exportOnnx` returns to a file, atomically: an existing file stays intact until the new one is complete.
 * Node only.
 * @throws ValueError as `exportOnnx` does, FileError if writing fails.
 */
export async function saveOnnx(
  path: string,
  model: Module,
  inputs: ExampleInput | readonly ExampleInput[],
  options?: ExportOnnxOptions,
): Promise<void> {
  expectText('saveOnnx', 'a path', path);
  await writeAtomically(path, await exportOnnx(model, inputs, options));
}

/** The inputs as a list; a list of numbers is the shape of a single one. */
function inputList(inputs: ExampleInput | readonly ExampleInput[]): readonly ExampleInput[] {
  const isShape = (x: unknown) => Array.isArray(x) && x.every((length) => typeof length === 'number');
  const list = inputs instanceof Tensor || (isShape(inputs) && (inputs as []).length > 0) ? [inputs] : inputs;
  if (Array.isArray(list) && list.length > 0 && list.every((x) => x instanceof Tensor || isShape(x))) return list;
  throw new ValueError(expected('exportOnnx', 'a tensor or shape for each input', textOf(inputs)));
}

function tracedWith(
  model: Module,
  inputs: readonly ExampleInput[],
  batch: { readonly axis: number; readonly size?: number } | null,
) {
  const [first] = [...model.parameters(), ...model.buffers(), ...inputs.filter((x) => x instanceof Tensor)];
  const backend = first ? first.storage.backend : backendOf();
  const examples = inputs.map((input) => {
    const shape = input instanceof Tensor ? input.shape : [...checkShape('exportOnnx', input)];
    if (!batch?.size) return input instanceof Tensor ? input : zeros(shape, { device: backend.name });
    const length = shape[batch.axis];
    if (!length)
      throw new ValueError(expected('exportOnnx', `inputs with examples along axis ${batch.axis}`, shapeText(shape)));
    if (!(input instanceof Tensor)) return zeros(resized(shape, batch.axis, batch.size), { device: backend.name });
    const rows = Array.from({ length: batch.size }, (_, i) => i % length);
    return indexSelect(input, batch.axis, fromHost('exportOnnx', rows, [rows.length], 'int32', backend));
  });
  return traceModel(model, examples, backend);
}

/** The first name of each parameter and buffer. */
function namesOf(model: Module): Map<Tensor, string> {
  const names = new Map<Tensor, string>();
  for (const named of [model.namedParameters(), model.namedBuffers()])
    for (const [name, t] of named) names.set(t, name);
  return names;
}

/** Names for the inputs or outputs: the given ones, or `word`, with numbers if there are several. */
function namesFor(
  word: 'input' | 'output',
  count: number,
  given: readonly string[] | undefined,
  tensorNames: ReadonlyMap<Tensor, string>,
): readonly string[] {
  const taken = new Set(tensorNames.values());
  const names = given ?? Array.from({ length: count }, (_, i) => (count === 1 ? word : `${word}${i}`));
  const isGood = names.length === count && new Set(names).size === count && !names.includes('');
  if (isGood && !names.some((name) => taken.has(name))) return names;
  const wanted = `${count} different ${word}Names that no parameter or buffer has`;
  throw new ValueError(expected('exportOnnx', wanted, textOf(names)));
}

function resized(shape: readonly number[], axis: number, length: number): number[] {
  return shape.map((each, i) => (i === axis ? length : each));
}
