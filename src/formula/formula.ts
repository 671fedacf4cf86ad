import { FormulaError } from '../errors.js';
import { evaluate, type FormulaNode, type FormulaResult } from './nodes.js';
import { parseFormula } from './parser.js';

/** Element-wise or reducing mathematics, parsed once and compiled by every backend. Made by `formula`. */
export interface Formula<T extends string = string, S extends string = string, Y extends string = string> {
  /** Distinguishes formulas in the caches of backends. */
  readonly id: number;
  readonly text: string;
  readonly kind: 'map' | 'reduce';
  readonly tensors: readonly T[];
  readonly scalars: readonly S[];
  /** Tensors that are read, in order of declaration. */
  readonly inputs: readonly T[];
  /** Tensors that are assigned, in order of assignment; one may be an input too and then changes in place. */
  readonly outputs: readonly Y[];
  readonly nodes: readonly FormulaNode[];
  readonly results: readonly FormulaResult[];
  /** Uniform truth values that choose between values of elements; see `decide`. */
  readonly tests: readonly number[];
}

type Trimmed<Line extends string> = Line extends ` ${infer Rest}` ? Trimmed<Rest> : Line;

type Assigned<Line extends string> = Line extends `const ${string}`
  ? never
  : Line extends `${infer Name} = ${string}`
    ? Name
    : never;

/** The tensors of T that the lines of a text assign, as far as the compiler can tell. */
export type AssignedIn<Text extends string, T extends string> = string extends Text
  ? string
  : Text extends `${infer Line}\n${infer Rest}`
    ? Extract<Assigned<Trimmed<Line>>, T> | AssignedIn<Rest, T>
    : Extract<Assigned<Trimmed<Text>>, T>;

let count = 0;

/**
 * Parses a formula: lines of JavaScript assignments such as
 *
 *     const u = b * m + (1 - b) * g
 *     m = u
 *     y = u > 0 ? u : slope * u
 *
 * over the declared tensors and scalars, `const` locals, numbers, `+ - * / **`, relations, `&& || !`, `?:`, the
 * functions of `unaryFunctions`, and `pow`, `min`, `max` of two numbers. Where every assignment is a call of `sum`,
 * `prod`, `max` or `min` with one argument, the formula is a reduction.
 *
 * Throws FormulaError for syntax errors, unknown names or functions, and declared names that are not used.
 */
export function formula<const T extends string, const S extends string = never, const Text extends string = string>(
  text: Text,
  declared: { readonly tensors: readonly T[]; readonly scalars?: readonly S[] },
): Formula<T, S, AssignedIn<Text, T>> {
  const scalars = declared.scalars ?? [];
  const { nodes, results } = parseFormula(text, declared.tensors, scalars);
  const read = new Set(nodes.flatMap((node) => (node.op === 'load' || node.op === 'scalar' ? [node.name] : [])));
  const outputs = results.map((result) => result.name as T);
  for (const name of [...declared.tensors, ...scalars]) {
    if (!read.has(name) && !outputs.includes(name as T)) {
      throw new FormulaError(`formula: '${text.trim()}' declares '${name}' without using it`);
    }
  }
  return formulaOf(text, nodes, results, declared.tensors, scalars) as Formula<T, S, AssignedIn<Text, T>>;
}

/** A formula from nodes made otherwise than by parsing; nodes that no result needs are dropped. */
export function formulaOf<T extends string, S extends string>(
  text: string,
  nodes: readonly FormulaNode[],
  results: readonly FormulaResult[],
  tensors: readonly T[],
  scalars: readonly S[],
): Formula<T, S> {
  const needed = neededFor(
    nodes,
    results.map((result) => result.node),
  );
  const position = new Map([...needed].sort((a, b) => a - b).map((node, i) => [node, i]));
  const place = (node: number) => position.get(node) as number;
  const kept = nodes
    .filter((_, i) => needed.has(i))
    .map((node) => ({ ...node, args: node.args.map(place) }) as unknown as FormulaNode);
  const read = new Set(kept.flatMap((node) => (node.op === 'load' || node.op === 'scalar' ? [node.name] : [])));
  return {
    id: count++,
    text,
    kind: results[0].reducer ? 'reduce' : 'map',
    tensors,
    scalars: scalars.filter((name) => read.has(name)),
    inputs: tensors.filter((name) => read.has(name)),
    outputs: results.map((result) => result.name as T),
    nodes: kept,
    results: results.map((result) => ({ ...result, node: place(result.node) })),
    tests: testsOf(kept),
  };
}

/** `wanted` and all nodes that they depend on. */
export function neededFor(nodes: readonly FormulaNode[], wanted: readonly number[]): Set<number> {
  const needed = new Set(wanted);
  for (let i = nodes.length - 1; i >= 0; i--) if (needed.has(i)) for (const arg of nodes[i].args) needed.add(arg);
  return needed;
}

function testsOf(nodes: readonly FormulaNode[]): number[] {
  const tests = nodes.flatMap(({ op, uniform, args }) => (op === 'select' && !uniform ? [args[0] as number] : []));
  return [...new Set(tests)].filter((test) => nodes[test].uniform);
}

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
  if (typeof value !== 'number') throw new FormulaError(`formula: '${f.text.trim()}' needs a number '${name}'`);
  return value;
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
  const nodes = f.nodes.map(
    (node) => ({ ...node, args: node.args.map((arg) => chosen[arg]) }) as unknown as FormulaNode,
  );
  const results = f.results.map((result) => ({ ...result, node: chosen[result.node] }));
  return formulaOf(f.text, nodes, results, f.tensors, f.scalars);
}
