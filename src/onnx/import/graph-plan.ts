import type { Dtype } from '../../dtype.js';
import { FileError, textOf } from '../../errors.js';
import { parametersKey } from '../metadata.js';
import { dataTypes } from '../proto/data-types.js';
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from '../proto/schema.js';
import { type HostTensor, readTensor } from '../proto/tensor-values.js';
import { constantOf } from './constant-node.js';
import { NodeReader } from './node-reader.js';
import type { Compute, Operator } from './operator.js';
import { operators } from './operators/index.js';

/** The versions of ONNX's operators that are read. */
const versions = { oldest: 11, newest: 23 };

/** An input of a model: its name, dtype, and length of each axis, as a name if it may vary; null if the file does not say. */
export interface PlannedInput {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly (number | string)[] | null;
}

/** A node that is ready to run. */
export interface PlannedNode {
  readonly reader: NodeReader;
  readonly operator: Operator;
  readonly compute: Compute;
}

/** A graph that has been checked. */
export interface Plan {
  readonly inputs: readonly PlannedInput[];
  readonly outputs: readonly string[];
  /** Nodes in an order in which they can be computed. */
  readonly nodes: readonly PlannedNode[];
  /** Initializers, and values of Constant nodes. */
  readonly tensors: readonly (HostTensor & { readonly isInitializer: boolean })[];
  /** Names of the parameters, if the file lists them. */
  readonly parameters: ReadonlySet<string> | null;
}

/**
 * Checks the graph of a file, and prepares its nodes.
 * @throws FileError, with `file` and the place in the message, for a graph that cannot be computed.
 */
export function planGraph(file: string, model: ModelProto): Plan {
  const fail = (wanted: string, got: string): never => {
    throw new FileError(`${file}: expected ${wanted}, got ${got}`);
  };
  const graph = model.graph ?? fail('an ONNX model with a graph', 'none');
  const opset = versionOf(model, fail);
  expectSupported(graph.node, fail);
  if (model.functions.length > 0) fail('a model without functions of its own', `${model.functions.length}`);
  if (graph.sparseInitializer.length > 0) fail('initializers that are not sparse', `${graph.sparseInitializer.length}`);

  const known = new Set(['']);
  const define = (name: string, what: string) => {
    if (name === '' || known.has(name)) fail(`a name for ${what} that nothing else has`, textOf(name));
    known.add(name);
  };
  const tensors = graph.initializer.map((tensor) => ({ ...readTensor(file, tensor), isInitializer: true }));
  for (const { name } of tensors) define(name, 'each initializer');
  const initializers = new Set(tensors.map(({ name }) => name));
  // files of old versions list initializers as inputs too
  const inputs = graph.input.filter(({ name }) => !initializers.has(name ?? '')).map((info) => inputOf(info, fail));
  for (const { name } of inputs) define(name, 'each input');

  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const nodes: PlannedNode[] = [];
  graph.node.forEach((proto, index) => {
    const reader = new NodeReader(file, proto, index, { opset, shapes });
    const missing = reader.inputs.find((name) => !known.has(name));
    if (missing !== undefined) {
      reader.fail('inputs that are computed before it', `${textOf(missing)}, which ${fateOf(missing, graph)}`);
    }
    for (const name of reader.outputs) if (name !== '') define(name, `each output of ${reader.place}`);
    if (reader.op === 'Constant') tensors.push({ ...constantOf(reader), isInitializer: false });
    else nodes.push(planned(reader));
  });
  const outputs = graph.output.map(({ name = '' }) => name);
  for (const name of outputs) if (name === '' || !known.has(name)) fail('outputs that a node computes', textOf(name));
  if (outputs.length === 0) fail('at least one output', 'none');
  return { inputs, outputs, nodes, tensors, parameters: parametersOf(model) };
}

function planned(reader: NodeReader): PlannedNode {
  const operator = operators[reader.op];
  const [least, most] = operator.inputs;
  const given = reader.inputs.length;
  if (given > most || Array.from({ length: least }, (_, i) => i).some((i) => !reader.has(i))) {
    reader.fail(least === most ? `${least} inputs` : `${least} to ${most} inputs`, textOf(reader.inputs));
  }
  const used = reader.outputs.filter((name) => name !== '').length;
  if (used < 1 || reader.outputs.slice(operator.outputs ?? 1).some((name) => name !== '')) {
    reader.fail(`at most ${operator.outputs ?? 1} outputs`, textOf(reader.outputs));
  }
  const compute = operator.prepare(reader);
  reader.expectAllRead();
  return { reader, operator, compute };
}

function versionOf({ opsetImport }: ModelProto, fail: (wanted: string, got: string) => never): number {
  const own = opsetImport.filter(({ domain = '' }) => domain === '' || domain === 'ai.onnx');
  const version = own[0]?.version ?? 0;
  if (own.length !== 1 || !(version >= versions.oldest && version <= versions.newest)) {
    fail(
      `operators of one version from ${versions.oldest} to ${versions.newest}`,
      own.map((each) => each.version).join() || 'none',
    );
  }
  return version;
}

/** Fails with all operators that are not supported. */
function expectSupported(nodes: readonly NodeProto[], fail: (wanted: string, got: string) => never): void {
  const isKnown = ({ domain = '', opType = '' }: NodeProto) =>
    (domain === '' || domain === 'ai.onnx') && (opType === 'Constant' || Object.hasOwn(operators, opType));
  const odd = nodes.filter((node) => !isKnown(node));
  const names = odd.map(({ domain = '', opType = '' }) => (domain === '' ? opType : `${domain}.${opType}`));
  if (names.length > 0) fail('operators that antinode supports', [...new Set(names)].sort().join(', '));
}

function fateOf(name: string, { node }: GraphProto): string {
  const at = node.findIndex(({ output }) => output.includes(name));
  return at < 0 ? 'nothing computes' : `node ${at} computes`;
}

function inputOf({ name = '', type }: ValueInfoProto, fail: (wanted: string, got: string) => never): PlannedInput {
  const { elemType = 0, shape } = type?.tensorType ?? {};
  const known = Object.hasOwn(dataTypes, elemType) ? dataTypes[elemType] : undefined;
  if (!known) return fail(`a tensor of numbers for input ${textOf(name)}`, type ? `element type ${elemType}` : 'none');
  const lengths = shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? '?');
  return { name, dtype: known.dtype, shape: lengths ?? null };
}

/** The names of parameters in the metadata of a file that `exportOnnx` wrote. */
function parametersOf({ metadataProps }: ModelProto): ReadonlySet<string> | null {
  const text = metadataProps.find(({ key }) => key === parametersKey)?.value;
  if (text === undefined) return null;
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? new Set(names.filter((name) => typeof name === 'string')) : null;
  } catch {
    return null;
  }
}
