import type { Dtype } from '../../dtype.js';
import type { Tensor } from '../../tensor/tensor.js';

/** Types of the elements of values in a graph; int64 is the type of shapes and axes. */
export type ElementType = Dtype | 'int64';

/** An attribute of a node: an integer, a list of integers, a float, text, or a list of texts. */
export type Attribute = number | readonly number[] | { readonly float: number } | string | readonly string[];

/** The attributes of a node, by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** What a value is that no operator computes. */
export type Leaf =
  /** Input number `index` of the model. */
  | { readonly kind: 'input'; readonly index: number }
  /** A tensor that existed before the model ran: a parameter, a buffer, or another one that the model refers to. */
  | { readonly kind: 'tensor'; readonly tensor: Tensor }
  /** Values that the model made on the host. */
  | { readonly kind: 'values'; readonly values: ArrayLike<number> }
  /** A number, which broadcasts. */
  | { readonly kind: 'scalar'; readonly value: number }
  /** Lengths, positions or axes that an operator takes as an int64 tensor. */
  | { readonly kind: 'integers'; readonly integers: readonly number[] }
  /** In a pattern: any value, or any number if `number`. */
  | { readonly kind: 'hole'; readonly name: string; readonly number: boolean };

/** A node of the graph: an ONNX operator with its inputs, or a leaf. */
export interface GraphNode {
  /** Greater than the numbers of its inputs. */
  readonly number: number;
  /** The name of the operator; '' for a leaf. */
  readonly op: string;
  /** null for an optional input that is not given. */
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  readonly leaf: Leaf | null;
  /** True if it depends on the inputs of the model. */
  readonly varies: boolean;
  readonly outputs: readonly Value[];
}

/** One output of a node. */
export interface Value {
  readonly node: GraphNode;
  readonly output: number;
  readonly shape: readonly number[];
  readonly type: ElementType;
}

/** The shape and type of an output. */
export type ValueType = Pick<Value, 'shape' | 'type'>;

/** The number of a value that is a scalar leaf, else undefined. */
export function scalarOf(value: Value): number | undefined {
  return value.node.leaf?.kind === 'scalar' ? value.node.leaf.value : undefined;
}

/** The number with which a value is filled, else undefined. */
export function fillOf(value: Value): number | undefined {
  const { op, inputs } = value.node;
  return op === 'Expand' && inputs[0] ? scalarOf(inputs[0]) : scalarOf(value);
}
