import { formulaError } from './error.js';
import { type Formula, formulaOf } from './formula.js';
import { evaluate, withArgs } from './nodes.js';

/** What the values of the uniform nodes are computed from. */
interface UniformPart {
  /** The constants, by node index; NaN for other nodes. */
  readonly constants: readonly number[];
  /** The other uniform nodes, which are computed for each call. */
  readonly computed: readonly number[];
}

const parts = new WeakMap<Formula, UniformPart>();

function uniformPart(f: Formula): UniformPart {
  let part = parts.get(f);
  if (!part) {
    const computed = f.nodes.flatMap(({ uniform, op }, i) => (uniform && op !== 'constant' ? [i] : []));
    const constants = f.nodes.map((node) => (node.op === 'constant' ? node.value : Number.NaN));
    part = { constants, computed };
    parts.set(f, part);
  }
  return part;
}

/**
 * The values of the uniform nodes in double precision, by node index; NaN for other nodes.
 * @throws FormulaError if a scalar is missing.
 */
export function uniformValues(f: Formula, scalars: Readonly<Record<string, number>>): readonly number[] {
  const { constants, computed } = uniformPart(f);
  if (computed.length === 0) return constants;
  const values = constants.slice();
  for (const i of computed) {
    const node = f.nodes[i];
    if (node.op === 'scalar') values[i] = scalarOf(f, scalars, node.name);
    else if (node.op !== 'load' && node.op !== 'constant') {
      const [a, b = a, c = a]: readonly number[] = node.args;
      values[i] = evaluate[node.op](values[a], values[b], values[c]);
    }
  }
  return values;
}

function scalarOf(f: Formula, scalars: Readonly<Record<string, number>>, name: string): number {
  const value = scalars[name];
  if (typeof value !== 'number') throw formulaError(f.text, `needs a number '${name}'`);
  return value;
}

/** Uniform nodes whose values are needed per element: operands of non-uniform nodes, or results. */
export function uniformLeaves(f: Formula): number[] {
  const used = new Set<number>(f.results.map((result) => result.node));
  for (const node of f.nodes) if (!node.uniform) for (const arg of node.args) used.add(arg);
  return [...used].filter((i) => f.nodes[i].uniform).sort((a, b) => a - b);
}

/**
 * The formula with every choice that depends on scalars alone resolved by `values` (from `uniformValues`), so that no
 * element computes a branch that is not chosen. Inputs that only the dropped branches read are dropped too; a reduction
 * may still need their shapes for its extent.
 */
export function decide(f: Formula, values: readonly number[]): Formula {
  const chosen = f.nodes.map((_, i) => i);
  f.nodes.forEach((node, i) => {
    if (node.op !== 'select' || !f.tests.includes(node.args[0])) return;
    const [test, a, b] = node.args;
    chosen[i] = chosen[values[test] === 0 ? b : a];
  });
  const nodes = f.nodes.map((node) => withArgs(node, (arg) => chosen[arg]));
  const results = f.results.map((result) => ({ ...result, node: chosen[result.node] }));
  return formulaOf(f.text, nodes, results, f.tensors, f.scalars);
}
