import { type Formula, formula } from '../../formula/formula.js';
import { formulaValues } from './formula-values.js';
import { GraphBuilder } from './graph-builder.js';
import { scalarOf, type Value } from './value.js';

/** What the tensors and scalars of a pattern stand for in a graph. */
export interface Found {
  readonly values: Readonly<Record<string, Value>>;
  readonly numbers: Readonly<Record<string, number>>;
}

/** A pattern: a formula whose tensors stand for any value, and whose scalars stand for any number. */
export interface Pattern {
  /** What its names stand for in the computation of `value`, or null if that computes something else. */
  match(value: Value): Found | null;
}

/** Makes a pattern. */
export function pattern(text: string, tensors: readonly string[], scalars: readonly string[] = []): Pattern {
  const f = formula(text, { tensors: [...tensors, 'y'], scalars });
  let root: Value | undefined;
  return {
    match(value) {
      root ??= rootOf(f);
      const values: Record<string, Value> = {};
      const numbers: Record<string, number> = {};
      return fits(root, value, values, numbers) ? { values, numbers } : null;
    },
  };
}

function rootOf(f: Formula): Value {
  const b = new GraphBuilder();
  const holes = new Map<string, Value>();
  const hole = (name: string, number: boolean) => {
    const found = holes.get(name) ?? b.hole(name, number);
    holes.set(name, found);
    return found;
  };
  const uniform = (i: number) => {
    const node = f.nodes[i];
    if (node.op === 'constant') return b.scalar(node.value);
    return hole(node.op === 'scalar' ? node.name : '', true);
  };
  return formulaValues(b, f, { type: 'float32', load: (name) => hole(name, false), uniform })[0];
}

function fits(wanted: Value, value: Value, values: Record<string, Value>, numbers: Record<string, number>): boolean {
  const { leaf, op, inputs, attributes } = wanted.node;
  const number = scalarOf(value);
  if (leaf?.kind === 'scalar') return Object.is(number, leaf.value);
  if (leaf?.kind === 'hole' && leaf.number) {
    numbers[leaf.name] ??= number ?? Number.NaN;
    return number === numbers[leaf.name];
  }
  if (leaf?.kind === 'hole') {
    values[leaf.name] ??= value;
    return values[leaf.name] === value;
  }
  const { node } = value;
  if (node.op !== op || node.inputs.length !== inputs.length) return false;
  if (JSON.stringify(node.attributes) !== JSON.stringify(attributes)) return false;
  return inputs.every((input, i) => {
    const given = node.inputs[i];
    return input !== null && given !== null && fits(input, given, values, numbers);
  });
}
