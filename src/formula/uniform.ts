import { formulaError } from './error.js';
import { type Formula, formulaOf } from './formula.js';
import { evaluate, withArgs } from './nodes.js';

/** The values of the uniform nodes in double precision, by node; other places hold NaN. Throws FormulaError if a scalar is missing. */
export function uniformValues(f: Formula, scalars: Readonly<Record<string, number>>): Float64Array {
  const values = new Float64Array(f.nodes.length).fill(Number.NaN);
  f.nodes.forEach((node, i) => {
    if (!node.uniform) return;
    if (node.op === 'constant') values[i] = node.value;
    else if (node.op === 'scalar') values[i] = scalarOf(f, scalars, node.name);
    else if (node.op !== 'load') values[i] = evaluate[node.op](...node.args.map((arg) => values[arg]));
  });
  return values;
}

function scalarOf(f: Formula, scalars: Readonly<Record<string, number>>, name: string): number {
  const value = scalars[name];
  if (typeof value !== 'number') throw formulaError(f.text, `needs a number '${name}'`);
  return value;
}

/** Uniform nodes whose value is needed for elements: operands of others, or results. */
export function uniformLeaves(f: Formula): number[] {
  const used = new Set<number>(f.results.map((result) => result.node));
  for (const node of f.nodes) if (!node.uniform) for (const arg of node.args) used.add(arg);
  return [...used].filter((i) => f.nodes[i].uniform).sort((a, b) => a - b);
}

/**
 * The formula with every choice that scalars alone decide made as `values` (of `uniformValues`) say, so that no element
 * computes what is not chosen. Inputs that only the other branches read are gone, which a reduction may need for its
 * extent.
 */
export function decide(f: Formula, values: Float64Array): Formula {
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
