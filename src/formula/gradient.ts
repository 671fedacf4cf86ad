import { FormulaBuilder } from './builder.js';
import { addShare } from './derivatives.js';
import { formulaError } from './error.js';
import { type Formula, formulaOf } from './formula.js';
import { type FormulaNode, type Reducer, withArgs } from './nodes.js';

/** A derived formula of the inputs, `output` and `incoming`, with one result named `result`. */
export interface GradientFormula {
  readonly formula: Formula;
  /** Name of the value of the original formula, which the derived one loads where that saves recomputing it. */
  readonly output: string;
  /** Name of the incoming gradient, distinct from the operands at every order of derivative. */
  readonly incoming: string;
  readonly result: string;
}

/** Options of `gradientFormula`. */
export interface GradientOptions {
  /** Reducer over the axes along which the input was repeated. */
  readonly reducer?: Reducer;
  /** Whether the value of the formula is available. */
  readonly withOutput?: boolean;
}

const cache = new Map<string, GradientFormula | 'same' | 'zero'>();

/** Functions whose value is cheaper to load than to recompute for the derivative. */
const costly: readonly FormulaNode['op'][] = ['sqrt', 'exp', 'expm1', 'tanh', 'sigmoid', 'pow'];

/**
 * Derives the gradient of an element-wise formula with one result with respect to one of its inputs, symbolically.
 * Returns 'same' if it is the incoming gradient itself and 'zero' if it is zero everywhere. Ties of max and min share
 * the gradient equally, as in PyTorch.
 */
export function gradientFormula(
  f: Formula,
  input: string,
  options: GradientOptions = {},
): GradientFormula | 'same' | 'zero' {
  const key = `${f.id}/${input}/${options.reducer}/${options.withOutput}`;
  let gradient = cache.get(key);
  if (gradient === undefined) {
    gradient = derive(f, input, options);
    cache.set(key, gradient);
  }
  return gradient;
}

function derive(
  f: Formula,
  input: string,
  { reducer, withOutput = false }: GradientOptions,
): GradientFormula | 'same' | 'zero' {
  if (f.kind !== 'map' || f.results.length !== 1) {
    throw formulaError(f.text, 'has no gradient: expected one element-wise result');
  }
  const builder = new FormulaBuilder();
  const own = copyNodes(f.nodes, builder);
  const last = f.results[0].node;
  const output = freshName(f, f.results[0].name);
  const incoming = freshName(f, 'dy', output);
  const loadsOutput = withOutput && costly.includes(f.nodes[last].op);
  // replaces the node that would recompute it
  if (loadsOutput) own[last] = builder.add({ op: 'load', name: output, args: [] });
  const dy = builder.add({ op: 'load', name: incoming, args: [] });
  const gradient = propagate(f, input, builder, own, dy);
  if (gradient === null) return 'zero';
  if (!reducer && gradient === dy) return 'same';
  const result = freshName(f, `d_${input}`, output, incoming);
  const tensors = [...f.inputs, ...(loadsOutput ? [output] : []), incoming, result];
  const results = [{ name: result, node: gradient, reducer: reducer ?? null }];
  const derived = formulaOf(`${result} of ${f.text}`, builder.nodes, results, tensors, f.scalars);
  return { formula: derived, output, incoming, result };
}

/**
 * Returns the node with the gradient of an input, or null if it is zero everywhere. In reverse order, each node passes
 * shares of its gradient to its arguments. `own` are the nodes of the formula in the builder, `dy` is the gradient of
 * the result.
 */
function propagate(
  f: Formula,
  input: string,
  builder: FormulaBuilder,
  own: readonly number[],
  dy: number,
): number | null {
  const adjoints = new Map([[f.results[0].node, dy]]);
  const depends = dependents(f.nodes, input);
  let gradient: number | null = null;
  for (let i = f.nodes.length - 1; i >= 0; i--) {
    const adjoint = adjoints.get(i);
    const { op, args } = f.nodes[i];
    if (adjoint === undefined || !depends[i]) continue;
    if (op === 'load') gradient = adjoint;
    const known = { y: own[i], args: args.map((arg) => own[arg]), adjoint };
    args.forEach((arg, k) => {
      const share = depends[arg] ? addShare(builder, op, k, known) : null;
      if (share === null) return;
      const sum = adjoints.get(arg);
      adjoints.set(arg, sum === undefined ? share : builder.add({ op: 'add', args: [sum, share] }));
    });
  }
  return gradient;
}

/** The same formula with some inputs turned into scalars of the same name. */
export function bindScalars(f: Formula, names: readonly string[]): Formula {
  if (names.length === 0) return f;
  const key = `${f.id}/${names}`;
  let bound = boundFormulas.get(key);
  if (!bound) {
    const builder = new FormulaBuilder();
    const nodes = f.nodes.map((node) =>
      node.op === 'load' && names.includes(node.name) ? ({ ...node, op: 'scalar' } as FormulaNode) : node,
    );
    const own = copyNodes(nodes, builder);
    const results = f.results.map((result) => ({ ...result, node: own[result.node] }));
    const tensors = f.tensors.filter((name) => !names.includes(name));
    bound = formulaOf(f.text, builder.nodes, results, tensors, [...f.scalars, ...names]);
    boundFormulas.set(key, bound);
  }
  return bound;
}

const boundFormulas = new Map<string, Formula>();

function copyNodes(nodes: readonly FormulaNode[], builder: FormulaBuilder): number[] {
  const own: number[] = [];
  for (const node of nodes) {
    own.push(builder.add(withArgs(node, (arg) => own[arg])));
  }
  return own;
}

function dependents(nodes: readonly FormulaNode[], input: string): boolean[] {
  const depends: boolean[] = [];
  for (const node of nodes) {
    depends.push((node.op === 'load' && node.name === input) || node.args.some((arg) => depends[arg]));
  }
  return depends;
}

function freshName(f: Formula, name: string, ...taken: readonly string[]): string {
  let fresh = name;
  while ([...f.inputs, ...f.scalars, ...taken].includes(fresh)) fresh = `_${fresh}`;
  return fresh;
}
