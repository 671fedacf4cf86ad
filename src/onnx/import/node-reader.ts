import { FileError, textOf } from '../../errors.js';
import type { AttributeProto, NodeProto } from '../proto/schema.js';
import { type HostTensor, readTensor } from '../proto/tensor-values.js';

/** What the attributes of nodes may be, with the number of each type in the format. */
interface AttributeKinds {
  float: number;
  int: number;
  text: string;
  tensor: HostTensor;
  floats: readonly number[];
  ints: readonly number[];
  texts: readonly string[];
}

const typeNumbers: Readonly<Record<keyof AttributeKinds, number>> = {
  ...{ float: 1, int: 2, text: 3, tensor: 4, floats: 6, ints: 7, texts: 8 },
};

const decoder = new TextDecoder();

/** A node of a file, whose attributes an operator reads while the file is imported. */
export class NodeReader {
  readonly op: string;
  /** The node in messages: the name of its operator, and its own. */
  readonly place: string;
  /** The version of the operators in the file. */
  readonly opset: number;
  /** Names of inputs; '' for one that is not given. */
  readonly inputs: readonly string[];
  /** Names of outputs; '' for one that is not used. */
  readonly outputs: readonly string[];
  readonly #file: string;
  readonly #attributes = new Map<string, AttributeProto>();
  readonly #read = new Set<string>();
  readonly #shapes: ReadonlyMap<string, readonly number[]>;

  /** @throws FileError for an attribute without a name or with the name of another. */
  constructor(
    file: string,
    node: NodeProto,
    index: number,
    { opset, shapes }: { readonly opset: number; readonly shapes: ReadonlyMap<string, readonly number[]> },
  ) {
    const { name, opType = '' } = node;
    this.#file = file;
    this.op = opType;
    this.place = `node ${index}, ${opType}${name ? ` ${textOf(name)}` : ''}`;
    this.opset = opset;
    this.inputs = node.input;
    this.outputs = node.output;
    this.#shapes = shapes;
    for (const attribute of node.attribute) {
      const key = attribute.name ?? '';
      if (key === '' || this.#attributes.has(key)) this.fail('attributes with different names', textOf(key));
      this.#attributes.set(key, attribute);
    }
  }

  /** @throws FileError about this node, always. */
  fail(wanted: string, got: string): never {
    throw new FileError(`${this.#file}: expected ${wanted} for ${this.place}, got ${got}`);
  }

  /**
   * The value of an attribute, or the default if it is absent.
   * @throws FileError if it has another type, or if it is absent and there is no default.
   */
  attribute<K extends keyof AttributeKinds>(name: string, kind: K, initial: AttributeKinds[K]): AttributeKinds[K];
  attribute<K extends keyof AttributeKinds>(name: string, kind: K, initial: null): AttributeKinds[K] | null;
  attribute<K extends keyof AttributeKinds>(
    name: string,
    kind: K,
    initial: AttributeKinds[K] | null,
  ): AttributeKinds[K] | null {
    this.#read.add(name);
    const attribute = this.#attributes.get(name);
    if (!attribute) return initial;
    const value = this.#valueOf(attribute)[kind]();
    // files of old versions leave out the type
    const isType = attribute.type === undefined || attribute.type === 0 || attribute.type === typeNumbers[kind];
    if (!isType || value === undefined) return this.fail(`${kind} in attribute ${textOf(name)}`, 'another type');
    return value;
  }

  /** The value of an attribute that has to be one of `values`; the first is the default. */
  choice<W extends string | number>(name: string, values: readonly W[]): W {
    const [initial] = values;
    const value =
      typeof initial === 'string' ? this.attribute(name, 'text', initial) : this.attribute(name, 'int', initial);
    const found = values.find((each) => each === value);
    return found ?? this.fail(`${name} = ${values.join(' or ')}`, textOf(value));
  }

  /** An attribute that is 0 or 1. */
  flag(name: string, initial: boolean): boolean {
    return this.choice(name, initial ? [1, 0] : [0, 1]) === 1;
  }

  /** A list of integers of which each is at least `least`. */
  counts(name: string, least: number): readonly number[] | null {
    const list = this.attribute(name, 'ints', null);
    if (list && !list.every((n) => Number.isSafeInteger(n) && n >= least)) {
      this.fail(`integers >= ${least} in ${name}`, textOf(list));
    }
    return list;
  }

  /** True if the node has an input at this position. */
  has(input: number): boolean {
    return (this.inputs[input] ?? '') !== '';
  }

  /**
   * Checks the number of axes of an input, if it is an initializer.
   * @throws FileError for another number.
   */
  expectAxes(input: number, what: string, ...ranks: readonly number[]): void {
    const shape = this.#shapes.get(this.inputs[input] ?? '');
    if (shape && !ranks.includes(shape.length)) this.fail(what, `(${shape.join(', ')})`);
  }

  /** @throws FileError for an attribute that the operator has not read, because it would change the result. */
  expectAllRead(): void {
    const odd = [...this.#attributes.keys()].filter((name) => !this.#read.has(name));
    if (odd.length > 0) this.fail(`attributes among ${[...this.#read].join(', ') || 'none'}`, odd.join(', '));
  }

  #valueOf(attribute: AttributeProto): { readonly [K in keyof AttributeKinds]: () => AttributeKinds[K] | undefined } {
    return {
      float: () => attribute.f ?? (attribute.type === typeNumbers.float ? 0 : undefined),
      int: () => attribute.i ?? (attribute.type === typeNumbers.int ? 0 : undefined),
      text: () => attribute.s && decoder.decode(attribute.s),
      tensor: () => attribute.t && readTensor(this.#file, attribute.t),
      floats: () => attribute.floats,
      ints: () => attribute.ints,
      texts: () => attribute.strings.map((each) => decoder.decode(each)),
    };
  }
}
