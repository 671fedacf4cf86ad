/** How JavaScript represents the values of fields, by their type in the format. */
interface Scalars {
  int32: number;
  int64: number;
  float: number;
  string: string;
  bytes: Uint8Array;
  /** Numbers of which a file may contain many: pieces of the file, which `numbersIn` decodes. */
  numbers: Uint8Array;
}

/** The type of a field that is not a message. */
export type ScalarKind = keyof Scalars;

/** A field of a message. `Value` is only for the compiler. */
export interface Field<Value = unknown> {
  readonly number: number;
  readonly kind: ScalarKind | Message;
  readonly repeated: boolean;
  readonly value?: Value;
}

/** The fields of a message, by name. */
export interface Message {
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
}

/** The object that represents a message: a list for a repeated field, undefined for another one that is absent. */
export type ObjectOf<M extends Message> = {
  readonly [K in keyof M['fields']]: M['fields'][K] extends Field<infer Value> ? Value : never;
};

type ValueOf<K> = K extends ScalarKind ? Scalars[K] : K extends Message ? ObjectOf<K> : never;

function one<K extends ScalarKind | Message>(number: number, kind: K): Field<ValueOf<K> | undefined> {
  return { number, kind, repeated: false };
}

function many<K extends ScalarKind | Message>(number: number, kind: K): Field<readonly ValueOf<K>[]> {
  return { number, kind, repeated: true };
}

function message<F extends Readonly<Record<string, Field>>>(name: string, fields: F) {
  return { name, fields };
}

/** A tensor with its values. */
export const tensorMessage = message('TensorProto', {
  dims: many(1, 'int64'),
  dataType: one(2, 'int32'),
  floatData: many(4, 'numbers'),
  int32Data: many(5, 'numbers'),
  int64Data: many(7, 'numbers'),
  name: one(8, 'string'),
  rawData: one(9, 'bytes'),
  doubleData: many(10, 'numbers'),
  uint64Data: many(11, 'numbers'),
  externalData: many(13, 'bytes'),
  dataLocation: one(14, 'int32'),
});

/** An attribute of a node. Graphs, and what else antinode does not use, stay bytes. */
export const attributeMessage = message('AttributeProto', {
  name: one(1, 'string'),
  f: one(2, 'float'),
  i: one(3, 'int64'),
  s: one(4, 'bytes'),
  t: one(5, tensorMessage),
  g: one(6, 'bytes'),
  floats: many(7, 'float'),
  ints: many(8, 'int64'),
  strings: many(9, 'bytes'),
  type: one(20, 'int32'),
});

/** A call of an operator. */
export const nodeMessage = message('NodeProto', {
  input: many(1, 'string'),
  output: many(2, 'string'),
  name: one(3, 'string'),
  opType: one(4, 'string'),
  attribute: many(5, attributeMessage),
  domain: one(7, 'string'),
});

const dimensionMessage = message('Dimension', { dimValue: one(1, 'int64'), dimParam: one(2, 'string') });
const shapeMessage = message('TensorShapeProto', { dim: many(1, dimensionMessage) });
const tensorTypeMessage = message('TypeProto.Tensor', { elemType: one(1, 'int32'), shape: one(2, shapeMessage) });
const typeMessage = message('TypeProto', { tensorType: one(1, tensorTypeMessage) });

/** The name and type of an input or output. */
export const valueInfoMessage = message('ValueInfoProto', { name: one(1, 'string'), type: one(2, typeMessage) });

/** Nodes in the order in which they are computed, and the tensors that they start from. */
export const graphMessage = message('GraphProto', {
  node: many(1, nodeMessage),
  name: one(2, 'string'),
  initializer: many(5, tensorMessage),
  input: many(11, valueInfoMessage),
  output: many(12, valueInfoMessage),
  sparseInitializer: many(15, 'bytes'),
});

const operatorSetMessage = message('OperatorSetIdProto', { domain: one(1, 'string'), version: one(2, 'int64') });
const entryMessage = message('StringStringEntryProto', { key: one(1, 'string'), value: one(2, 'string') });

/** A whole file. */
export const modelMessage = message('ModelProto', {
  irVersion: one(1, 'int64'),
  producerName: one(2, 'string'),
  producerVersion: one(3, 'string'),
  graph: one(7, graphMessage),
  opsetImport: many(8, operatorSetMessage),
  metadataProps: many(14, entryMessage),
  functions: many(25, 'bytes'),
});

/** A tensor of a file. */
export type TensorProto = ObjectOf<typeof tensorMessage>;
/** An attribute of a node of a file. */
export type AttributeProto = ObjectOf<typeof attributeMessage>;
/** A node of a file. */
export type NodeProto = ObjectOf<typeof nodeMessage>;
/** An input or output of a file. */
export type ValueInfoProto = ObjectOf<typeof valueInfoMessage>;
/** The graph of a file. */
export type GraphProto = ObjectOf<typeof graphMessage>;
/** The content of a file. */
export type ModelProto = ObjectOf<typeof modelMessage>;

/** A message of which absent fields need not be written. */
export type Given<M extends Message> = {
  readonly [K in keyof M['fields']]?: M['fields'][K] extends Field<infer Value>
    ? Value extends readonly (infer Item)[]
      ? readonly GivenValue<Item>[]
      : GivenValue<Value>
    : never;
};

type GivenValue<Value> = Value extends Uint8Array | string | number | undefined
  ? Value
  : {
      readonly [K in keyof Value]?: Value[K] extends readonly (infer I)[]
        ? readonly GivenValue<I>[]
        : GivenValue<Value[K]>;
    };
