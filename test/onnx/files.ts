import { dataTypeNumbers } from '../../src/onnx/proto/data-types.js';
import { encode } from '../../src/onnx/proto/encode.js';
import {
  type attributeMessage,
  type Given,
  modelMessage,
  type nodeMessage,
  type tensorMessage,
} from '../../src/onnx/proto/schema.js';

/** Types of elements in files. */
export type FileType = keyof typeof dataTypeNumbers;

/** A tensor with its type. */
export interface Typed {
  readonly type: FileType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A graph in short form. */
export interface Graph {
  readonly nodes: readonly Given<typeof nodeMessage>[];
  readonly inputs?: Readonly<Record<string, Pick<Typed, 'type' | 'shape'>>>;
  readonly outputs: readonly string[];
  readonly initializers?: Readonly<Record<string, Typed>>;
  readonly opset?: number;
}

const utf8 = new TextEncoder();

/** A float attribute. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** What attributes may be: an integer, integers, a text, texts, a float or a tensor. */
export type AttributeValue = number | readonly number[] | string | readonly string[] | Float | Typed;

/** Attributes by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A node; outputs default to `y`. */
export function node(
  opType: string,
  input: readonly string[],
  attributes: Attributes = {},
  output: readonly string[] = ['y'],
): Given<typeof nodeMessage> {
  const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
  return { opType, input, output, attribute };
}

function attributeOf(name: string, value: AttributeValue): Given<typeof attributeMessage> {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: utf8.encode(value) };
  if (value instanceof Float) return { name, type: 1, f: value.value };
  if ('values' in value && 'type' in value) return { name, type: 4, t: tensorOf('', value as Typed) };
  const list = value as readonly (number | string)[];
  if (typeof list[0] === 'string') return { name, type: 8, strings: list.map((text) => utf8.encode(`${text}`)) };
  return { name, type: 7, ints: list as readonly number[] };
}

const arrays = {
  float32: (values: ArrayLike<number>) => Float32Array.from(values),
  int32: (values: ArrayLike<number>) => Int32Array.from(values),
  int64: (values: ArrayLike<number>) => BigInt64Array.from(Array.from(values, BigInt)),
  uint8: (values: ArrayLike<number>) => Uint8Array.from(values),
  bool: (values: ArrayLike<number>) => Uint8Array.from(values),
};

/** The values of a tensor in an array as onnxruntime takes them. */
export function arrayOf({ type, values }: Typed): Float32Array | Int32Array | BigInt64Array | Uint8Array {
  return arrays[type](values);
}

/** A tensor of a file. */
export function tensorOf(name: string, tensor: Typed): Given<typeof tensorMessage> {
  const { buffer } = arrayOf(tensor);
  return { name, dims: tensor.shape, dataType: dataTypeNumbers[tensor.type], rawData: new Uint8Array(buffer) };
}

/** The content of a file with a graph. */
export function contentOf({
  nodes,
  inputs = {},
  outputs,
  initializers = {},
  opset = 17,
}: Graph): Given<typeof modelMessage> {
  return {
    irVersion: opset > 18 ? 9 : 8,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'graph',
      node: nodes,
      initializer: Object.entries(initializers).map(([name, tensor]) => tensorOf(name, tensor)),
      input: Object.entries(inputs).map(([name, { type, shape }]) => ({
        name,
        type: {
          tensorType: { elemType: dataTypeNumbers[type], shape: { dim: shape.map((dimValue) => ({ dimValue })) } },
        },
      })),
      output: outputs.map((name) => ({ name })),
    },
  };
}

/** The bytes of a file with a graph. */
export function fileOf(graph: Graph): Uint8Array {
  return encode(modelMessage, contentOf(graph));
}

/** A tensor of floats. */
export function floats(shape: readonly number[], values: ArrayLike<number>): Typed {
  return { type: 'float32', shape, values };
}

/** A tensor of int64. */
export function longs(values: readonly number[], shape: readonly number[] = [values.length]): Typed {
  return { type: 'int64', shape, values };
}

/** The inputs of graphs that need any input: x (2, 3). */
export const x = { x: floats([2, 3], []) };

/** The smallest graph: y = relu(x). */
export const relu: Graph = { nodes: [node('Relu', ['x'])], inputs: x, outputs: ['y'] };

/** A file with a changed content. */
export function changed(
  graph: Graph,
  change: (content: Given<typeof modelMessage>) => Given<typeof modelMessage>,
): Uint8Array {
  return encode(modelMessage, change(contentOf(graph)));
}
