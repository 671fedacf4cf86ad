import { expected, ValueError } from '../../errors.js';
import { sameShape } from '../../tensor/shape.js';
import type { GraphNode, Value } from '../graph/value.js';
import type { Trace } from '../trace/trace-model.js';

/** A length in a graph: a number, a multiple of the number of examples, or null if it depends on that otherwise. */
export type Length = number | { readonly times: number } | null;

/** The lengths in a graph that may depend on the number of examples. */
export interface BatchLengths {
  shapeOf(value: Value): readonly Length[];
  /** The integers that a node takes as an input. */
  integersOf(node: GraphNode, input: number): readonly Length[];
}

/**
 * Numbers of examples for which a model is traced to find out what depends on them. Few models have an axis as long as
 * the first one: equal operations share a node, also if they are equal by chance.
 */
export const batchSizes: readonly [number, number] = [11, 2];

/** The lengths of a graph for a fixed number of examples. */
export const fixedLengths: BatchLengths = {
  shapeOf: ({ shape }) => shape,
  integersOf: ({ inputs }, input) => integersIn(inputs[input]) ?? [],
};

/** The integers of a leaf, else undefined. */
function integersIn(value: Value | null): readonly number[] | undefined {
  return value?.node.leaf?.kind === 'integers' ? value.node.leaf.integers : undefined;
}

/**
 * The lengths of the first of two graphs of one model, for the numbers of examples in `batchSizes`.
 * @throws ValueError if the graphs differ in more than lengths that are multiples of those numbers.
 */
export function batchLengths(first: Trace, second: Trace): BatchLengths {
  const partners = new Map<Value, Value>();
  const next = first.outputs.map((value, i): [Value, Value | null] => [value, second.outputs[i] ?? null]);
  for (let pair = next.pop(); pair; pair = next.pop()) {
    const [a, b] = pair;
    if (partners.get(a) === b) continue;
    if (!b || partners.has(a) || !isAlike(a, b)) throw dependent(a);
    partners.set(a, b);
    a.node.inputs.forEach((input, i) => {
      const other = b.node.inputs[i];
      const [p, q] = [integersIn(input), integersIn(other)];
      if (p && p.length === q?.length) expectLengths(a, p, q);
      else if (input) next.push([input, other]);
      else if (other) throw dependent(a);
    });
  }
  first.inputs.forEach((input, i) => {
    partners.set(input, second.inputs[i]);
  });
  return {
    shapeOf(value) {
      const { shape } = partners.get(value) ?? value;
      return value.shape.map((length, axis) => lengthOf(length, shape[axis]));
    },
    integersOf(node, input) {
      const other = partners.get(node.outputs.find((value) => partners.has(value)) as Value);
      const q = integersIn(other?.node.inputs[input] ?? null) ?? [];
      return (integersIn(node.inputs[input]) ?? []).map((length, i) => lengthOf(length, q[i]));
    },
  };
}

function expectLengths(value: Value, p: readonly number[], q: readonly number[]): void {
  if (p.some((length, i) => lengthOf(length, q[i]) === null)) throw dependent(value);
}

/** True if two nodes do the same, apart from the lengths in them. */
function isAlike(a: Value, b: Value): boolean {
  const { node: p } = a;
  const { node: q } = b;
  const isSame = p.op === q.op && a.output === b.output && p.inputs.length === q.inputs.length;
  if (!isSame || a.type !== b.type || a.shape.length !== b.shape.length) return false;
  if (JSON.stringify(p.attributes) !== JSON.stringify(q.attributes) || p.leaf?.kind !== q.leaf?.kind) return false;
  if (p.leaf?.kind === 'input' && q.leaf?.kind === 'input') return p.leaf.index === q.leaf.index;
  if (p.leaf?.kind === 'tensor' && q.leaf?.kind === 'tensor') return p.leaf.tensor === q.leaf.tensor;
  if (p.leaf?.kind === 'scalar' && q.leaf?.kind === 'scalar') return Object.is(p.leaf.value, q.leaf.value);
  if (p.leaf?.kind === 'values' && q.leaf?.kind === 'values') {
    return sameShape(a.shape, b.shape) && sameShape(Array.from(p.leaf.values), Array.from(q.leaf.values));
  }
  return p.leaf?.kind !== 'integers';
}

function lengthOf(p: number, q: number): Length {
  if (p === q) return p;
  const times = p / batchSizes[0];
  return Number.isInteger(times) && times * batchSizes[1] === q ? { times } : null;
}

function dependent({ node: { op, leaf } }: Value): ValueError {
  const wanted = 'a model that computes the same for any number of examples, or dynamicBatch: false';
  const got = op || (leaf?.kind === 'integers' ? 'a list of lengths' : 'a value');
  return new ValueError(expected('exportOnnx', wanted, `one in which ${got} depends on it`));
}
