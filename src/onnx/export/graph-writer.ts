import type { Tensor } from '../../tensor/tensor.js';
import type { Attribute, GraphNode, Value } from '../graph/value.js';
import { dataTypeNumbers } from '../proto/data-types.js';
import type { attributeMessage, Given, nodeMessage, tensorMessage, valueInfoMessage } from '../proto/schema.js';
import type { Trace } from '../trace/trace-model.js';
import type { BatchLengths, Length } from './batch-lengths.js';
import { tensorProto } from './tensor-protos.js';

type WrittenNode = Given<typeof nodeMessage>;
type WrittenTensor = Given<typeof tensorMessage>;

/** How a graph is written. */
export interface GraphOptions {
  readonly opset: number;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Names of parameters and buffers. */
  readonly tensorNames: ReadonlyMap<Tensor, string>;
  readonly lengths: BatchLengths;
  /** The axis of the first input along which there are examples, if there may be any number of them. */
  readonly batchAxis: number;
}

/** The first opset in which a reduction takes its axes as an input. */
const axesAsInput: Readonly<Record<string, number>> = {
  ...{ ReduceSum: 13, ReduceMean: 18, ReduceMax: 18, ReduceMin: 18, ReduceProd: 18 },
};

/** The numbers of the types of attributes. */
const attributeTypes = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const;

const utf8 = new TextEncoder();

/** Writes a graph as nodes and initializers. */
export class GraphWriter {
  readonly nodes: WrittenNode[] = [];
  /** Initializers with values from the host. */
  readonly constants: WrittenTensor[] = [];
  /** Initializers with the values of tensors, which have to be read. */
  readonly tensors = new Map<Tensor, string>();
  readonly #trace: Trace;
  readonly #options: GraphOptions;
  readonly #names = new Map<Value, string>();
  readonly #taken: Set<string>;
  readonly #integers = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(trace: Trace, options: GraphOptions) {
    const { inputNames, outputNames, tensorNames } = options;
    this.#trace = trace;
    this.#options = options;
    this.#taken = new Set([...inputNames, ...outputNames, ...tensorNames.values()]);
    for (const node of reachable(trace.outputs)) {
      if (node.leaf) this.#writeLeaf(node);
      else this.#writeNode(node);
    }
    trace.outputs.forEach((value, i) => {
      const name = this.#names.get(value) as string;
      if (name !== outputNames[i]) this.nodes.push({ input: [name], output: [outputNames[i]], opType: 'Identity' });
    });
  }

  /** The names and types of the inputs. */
  get inputs(): Given<typeof valueInfoMessage>[] {
    return this.#trace.inputs.map((value, i) => this.#valueInfo(value, this.#options.inputNames[i]));
  }

  /** The names and types of the outputs. */
  get outputs(): Given<typeof valueInfoMessage>[] {
    return this.#trace.outputs.map((value, i) => this.#valueInfo(value, this.#options.outputNames[i]));
  }

  #valueInfo(value: Value, name: string): Given<typeof valueInfoMessage> {
    const dim = this.#options.lengths.shapeOf(value).map((length) => {
      if (typeof length === 'number') return { dimValue: length };
      if (length === null) return {};
      return { dimParam: length.times === 1 ? 'batch' : `${length.times} * batch` };
    });
    return { name, type: { tensorType: { elemType: dataTypeNumbers[value.type], shape: { dim } } } };
  }

  #writeLeaf(node: GraphNode): void {
    const [value] = node.outputs;
    const { leaf } = node;
    if (leaf?.kind === 'input') this.#names.set(value, this.#options.inputNames[leaf.index]);
    if (leaf?.kind === 'tensor') {
      const name = this.#options.tensorNames.get(leaf.tensor) ?? this.#fresh('constant');
      this.tensors.set(leaf.tensor, name);
      this.#names.set(value, name);
    }
    if (leaf?.kind === 'scalar') this.#names.set(value, this.#constant(value, [leaf.value]));
    if (leaf?.kind === 'values') this.#names.set(value, this.#constant(value, leaf.values));
    // integers are written with the operator that takes them
  }

  #writeNode(node: GraphNode): void {
    const { outputNames, opset } = this.#options;
    const output = node.outputs.map((value) => {
      const i = this.#trace.outputs.indexOf(value);
      const name = i >= 0 ? outputNames[i] : this.#fresh(node.op);
      this.#names.set(value, name);
      return name;
    });
    const input = node.inputs.map((value, i) => {
      if (value?.node.leaf?.kind !== 'integers') return value ? (this.#names.get(value) as string) : '';
      return this.#integersName(this.#options.lengths.integersOf(node, i), node.op);
    });
    const attributes = { ...node.attributes };
    if (opset >= (axesAsInput[node.op] ?? Number.POSITIVE_INFINITY)) {
      input.push(this.#integersName(attributes.axes as readonly number[]));
      delete attributes.axes;
    }
    while (input.at(-1) === '') input.pop();
    const attribute = Object.entries(attributes).map(([name, each]) => attributeProto(name, each));
    this.nodes.push({ input, output, name: output[0], opType: node.op, attribute });
  }

  /** The name of a tensor of integers, which is computed from the first input if they depend on its length. */
  #integersName(given: readonly Length[], op = ''): string {
    const varying = given.filter((length) => typeof length !== 'number');
    // one length of a shape may be left to be inferred
    const isInferred = op === 'Reshape' && varying.length === 1 && !given.includes(0);
    const lengths = isInferred ? given.map((length) => (typeof length === 'number' ? length : -1)) : given;
    const key = JSON.stringify(lengths);
    const known = this.#integers.get(key);
    if (known !== undefined) return known;
    const isFixed = lengths.every((length) => typeof length === 'number');
    const name = isFixed ? this.#vector(lengths) : this.#computed(lengths);
    this.#integers.set(key, name);
    return name;
  }

  #vector(integers: readonly number[]): string {
    return this.#constant({ shape: [integers.length], type: 'int64' }, integers);
  }

  #computed(lengths: readonly Length[]): string {
    const batch = this.#batch();
    const parts = lengths.map((length) => {
      if (typeof length === 'number') return this.#integersName([length]);
      const times = length?.times ?? 1;
      return times === 1 ? batch : this.#plain('Mul', [batch, this.#integersName([times])]);
    });
    return parts.length === 1 ? parts[0] : this.#plain('Concat', parts, { axis: 0 });
  }

  /** The number of examples, as a tensor (1). */
  #batch(): string {
    const known = this.#integers.get('batch');
    if (known !== undefined) return known;
    const shape = this.#plain('Shape', [this.#options.inputNames[0]]);
    const batch = this.#plain('Gather', [shape, this.#integersName([this.#options.batchAxis])], { axis: 0 });
    this.#integers.set('batch', batch);
    return batch;
  }

  #plain(opType: string, input: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = this.#fresh(opType);
    const attribute = Object.entries(attributes).map(([key, each]) => attributeProto(key, each));
    this.nodes.push({ input, output: [name], name, opType, attribute });
    return name;
  }

  #constant(type: Pick<Value, 'shape' | 'type'>, values: ArrayLike<number>): string {
    const name = this.#fresh('constant');
    this.constants.push(tensorProto(name, type, values));
    return name;
  }

  /** A name that nothing else has. */
  #fresh(word: string): string {
    for (;;) {
      const count = this.#counts.get(word) ?? 0;
      this.#counts.set(word, count + 1);
      const name = `${word}_${count}`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      return name;
    }
  }
}

/** The nodes that values depend on, in topological order. */
function reachable(outputs: readonly Value[]): GraphNode[] {
  const found = new Set<GraphNode>();
  const next = outputs.map(({ node }) => node);
  for (let node = next.pop(); node; node = next.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    for (const input of node.inputs) if (input) next.push(input.node);
  }
  return [...found].sort((a, b) => a.number - b.number);
}

function attributeProto(name: string, value: Attribute): Given<typeof attributeMessage> {
  if (name === 'to')
    return { name, type: attributeTypes.int, i: dataTypeNumbers[value as keyof typeof dataTypeNumbers] };
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: utf8.encode(value) };
  if (!Array.isArray(value)) return { name, type: attributeTypes.float, f: (value as { float: number }).float };
  if (typeof value[0] === 'string') {
    return { name, type: attributeTypes.strings, strings: value.map((text) => utf8.encode(`${text}`)) };
  }
  return { name, type: attributeTypes.ints, ints: value as number[] };
}
