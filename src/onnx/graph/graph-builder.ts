import { broadcastShapes, numel, sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import {
  type Attributes,
  type ElementType,
  fillOf,
  type GraphNode,
  type Leaf,
  scalarOf,
  type Value,
  type ValueType,
} from './value.js';

/** Returns a value that computes the same as a new one with fewer or more specific operators, or null. */
export type Rule = (builder: GraphBuilder, value: Value) => Value | null;

/** Operators whose results are truth values. */
const relations = ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'And', 'Or', 'Not'];

/** Collects the nodes of a graph, in topological order. Equal operations share a node. */
export class GraphBuilder {
  readonly #rules: Readonly<Record<string, readonly Rule[]>>;
  readonly #known = new Map<string, GraphNode>();
  readonly #tensors = new Map<Tensor, Value>();
  #count = 0;

  /** `rules` are applied to the values of new nodes, by operator. */
  constructor(rules: Readonly<Record<string, readonly Rule[]>> = {}) {
    this.#rules = rules;
  }

  /** Adds an operator with one output, or finds an equal one. */
  add(op: string, inputs: readonly (Value | null)[], type: ValueType, attributes: Attributes = {}): Value {
    const [value] = this.addAll(op, inputs, [type], attributes);
    for (const rule of this.#rules[op] ?? []) {
      const other = rule(this, value);
      if (other) return other;
    }
    return value;
  }

  /** Adds an operator with several outputs, or finds an equal one. */
  addAll(
    op: string,
    inputs: readonly (Value | null)[],
    types: readonly ValueType[],
    attributes: Attributes = {},
  ): readonly Value[] {
    const given = inputs.map((x) => x && [x.node.number, x.output]);
    const key = JSON.stringify([op, given, attributes, types.map(({ shape, type }) => [shape, type])]);
    const known = this.#known.get(key) ?? this.#node({ op, inputs, attributes, leaf: null }, types);
    this.#known.set(key, known);
    return known.outputs;
  }

  /** Adds an element-wise operator, whose inputs broadcast. */
  elementwise(op: string, ...inputs: readonly Value[]): Value {
    const shape = broadcastShapes(op, ...inputs.map((x) => x.shape));
    return this.add(op, inputs, { shape, type: relations.includes(op) ? 'bool' : inputs[inputs.length - 1].type });
  }

  input(index: number, type: ValueType): Value {
    return this.#leaf({ kind: 'input', index }, type);
  }

  /** A tensor that existed before. */
  tensor(tensor: Tensor): Value {
    const found = this.#tensors.get(tensor) ?? this.#leaf({ kind: 'tensor', tensor }, typeOf(tensor));
    this.#tensors.set(tensor, found);
    return found;
  }

  /** Values from the host. */
  values(values: ArrayLike<number>, type: ValueType): Value {
    return this.#leaf({ kind: 'values', values }, type);
  }

  scalar(value: number, type: ElementType = 'float32'): Value {
    return this.#shared({ kind: 'scalar', value }, { shape: [], type }, Object.is(value, -0) ? '-0' : `${value}`);
  }

  integers(integers: readonly number[]): Value {
    return this.#shared({ kind: 'integers', integers }, { shape: [integers.length], type: 'int64' }, `${integers}`);
  }

  hole(name: string, number: boolean): Value {
    return this.#leaf({ kind: 'hole', name, number }, { shape: [], type: 'float32' });
  }

  /** A value that is filled with a number. */
  filled(value: number, { shape, type }: ValueType): Value {
    return this.expanded(this.scalar(value, type), shape);
  }

  /** Repeats a value to fill a shape to which it broadcasts. */
  expanded(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    if (numel(x.shape) === numel(shape) && scalarOf(x) === undefined) return this.reshaped(x, shape);
    return this.add('Expand', [x, this.integers(shape)], { shape, type: x.type });
  }

  /** Converts the elements of a value as a store to memory of that type does. */
  converted(x: Value, type: ElementType): Value {
    if (x.type === type) return x;
    const number = scalarOf(x);
    if (number !== undefined && type !== 'bool') return this.scalar(number, type);
    const [before] = x.node.op === 'Cast' ? x.node.inputs : [];
    if (before?.type === type && type === 'bool') return before;
    const limits = [this.scalar(0, x.type), this.scalar(255, x.type)];
    const within = type === 'uint8' && x.type !== 'bool' ? this.add('Clip', [x, ...limits], x) : x;
    return this.add('Cast', [within], { shape: x.shape, type }, { to: type });
  }

  /** The same elements in another shape. */
  reshaped(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    const { leaf, op, inputs } = x.node;
    const fill = fillOf(x);
    if (fill !== undefined) return this.filled(fill, { shape, type: x.type });
    if (leaf?.kind === 'values') return this.values(leaf.values, { shape, type: x.type });
    if ((op === 'Reshape' || op === 'Flatten') && inputs[0]) return this.reshaped(inputs[0], shape);
    const type = { shape, type: x.type };
    const rest = numel(x.shape.slice(1));
    if (x.shape.length > 2 && sameShape(shape, [x.shape[0], rest])) return this.add('Flatten', [x], type, { axis: 1 });
    return this.add('Reshape', [x, this.integers(shape)], type, numel(shape) === 0 ? { allowzero: 1 } : {});
  }

  #shared(leaf: Leaf, type: ValueType, text: string): Value {
    const key = `${leaf.kind} ${type.type} ${text}`;
    const node = this.#known.get(key) ?? this.#node({ op: '', inputs: [], attributes: {}, leaf }, [type]);
    this.#known.set(key, node);
    return node.outputs[0];
  }

  #leaf(leaf: Leaf, type: ValueType): Value {
    return this.#node({ op: '', inputs: [], attributes: {}, leaf }, [type]).outputs[0];
  }

  #node(content: Omit<GraphNode, 'number' | 'varies' | 'outputs'>, types: readonly ValueType[]): GraphNode {
    const outputs: Value[] = [];
    const varies = content.leaf?.kind === 'input' || content.inputs.some((x) => x?.node.varies);
    const node: GraphNode = { ...content, number: this.#count++, varies, outputs };
    types.forEach(({ shape, type }, output) => {
      outputs.push({ node, output, shape, type });
    });
    return node;
  }
}

function typeOf({ shape, dtype }: Tensor): ValueType {
  return { shape, type: dtype };
}
