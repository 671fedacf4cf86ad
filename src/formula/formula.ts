import { type FormulaNode, type FormulaResult, withArgs } from './nodes.js';
import { type FormulaGraph, namesRead, parseFormula } from './parser.js';

let count = 0;

/** The properties of a formula that are known once it is parsed. */
interface Parsed<T extends string, S extends string, Y extends string> extends FormulaGraph {
  readonly kind: 'map' | 'reduce';
  readonly scalars: readonly S[];
  readonly inputs: readonly T[];
  readonly outputs: readonly Y[];
  readonly tests: readonly number[];
}

/**
 * An element-wise or reducing formula, which every backend compiles. Its text is parsed once, when a property that
 * depends on it is first read; that read throws FormulaError if the text is invalid. Made by `formula` and `formulaOf`.
 */
export class Formula<T extends string = string, S extends string = string, Y extends string = string> {
  /** Distinguishes formulas in the caches of backends. */
  readonly id: number = count++;
  readonly text: string;
  readonly tensors: readonly T[];
  readonly #parse: () => Parsed<T, S, Y>;
  #parsed: Parsed<T, S, Y> | null = null;

  private constructor(text: string, tensors: readonly T[], parse: () => Parsed<T, S, Y>) {
    this.text = text;
    this.tensors = tensors;
    this.#parse = parse;
  }

  /** @internal For `formula` and `formulaOf`. */
  static of<T extends string, S extends string, Y extends string>(
    text: string,
    tensors: readonly T[],
    parse: () => Parsed<T, S, Y>,
  ): Formula<T, S, Y> {
    return new Formula(text, tensors, parse);
  }

  /** 'map' if it computes elements from elements, 'reduce' if it combines elements along axes. */
  get kind(): 'map' | 'reduce' {
    return this.#known().kind;
  }

  /** Scalars that are read. */
  get scalars(): readonly S[] {
    return this.#known().scalars;
  }

  /** Tensors that are read, in order of declaration. */
  get inputs(): readonly T[] {
    return this.#known().inputs;
  }

  /** Tensors that are assigned, in order of assignment; one that is also an input is updated in place. */
  get outputs(): readonly Y[] {
    return this.#known().outputs;
  }

  /** @internal The values that it computes, each from earlier ones. */
  get nodes(): readonly FormulaNode[] {
    return this.#known().nodes;
  }

  /** @internal The value of each output. */
  get results(): readonly FormulaResult[] {
    return this.#known().results;
  }

  /** @internal Uniform truth values that choose between values of elements; see `decide`. */
  get tests(): readonly number[] {
    return this.#known().tests;
  }

  /**
   * Parses the text, unless it has already been parsed.
   * @throws FormulaError if the text is invalid
   */
  parse(): void {
    this.#known();
  }

  #known(): Parsed<T, S, Y> {
    this.#parsed ??= this.#parse();
    return this.#parsed;
  }
}

/** The tensors and scalars that a formula may use, all of which it must use. */
export interface FormulaNames<T extends string, S extends string> {
  readonly tensors: readonly T[];
  /** @default [] */
  readonly scalars?: readonly S[];
}

/**
 * Makes a formula of the package. It is parsed when first used, so that importing the package costs nothing; a test
 * parses all of them. The public `formula` is in index.ts, which describes the language.
 */
export function formula<const T extends string, const S extends string = never>(
  text: string,
  { tensors, scalars = [] }: FormulaNames<T, S>,
): Formula<T, S> {
  return Formula.of(text, tensors, () => parsedFrom(parseFormula(text, tensors, scalars), tensors, scalars));
}

/** Makes a formula from nodes that were derived rather than parsed; drops nodes that no result needs. */
export function formulaOf<T extends string, S extends string>(
  text: string,
  nodes: readonly FormulaNode[],
  results: readonly FormulaResult[],
  tensors: readonly T[],
  scalars: readonly S[],
): Formula<T, S> {
  const parsed = parsedFrom({ nodes, results }, tensors, scalars);
  return Formula.of(text, tensors, () => parsed);
}

function parsedFrom<T extends string, S extends string>(
  { nodes, results }: FormulaGraph,
  tensors: readonly T[],
  scalars: readonly S[],
): Parsed<T, S, string> {
  const needed = neededFor(
    nodes,
    results.map((result) => result.node),
  );
  const position = new Map([...needed].sort((a, b) => a - b).map((node, i) => [node, i]));
  const place = (node: number) => position.get(node) as number;
  const kept = nodes.filter((_, i) => needed.has(i)).map((node) => withArgs(node, place));
  const read = new Set(namesRead(kept));
  return {
    kind: results[0].reducer ? 'reduce' : 'map',
    scalars: scalars.filter((name) => read.has(name)),
    inputs: tensors.filter((name) => read.has(name)),
    outputs: results.map((result) => result.name as T),
    nodes: kept,
    results: results.map((result) => ({ ...result, node: place(result.node) })),
    tests: testsOf(kept),
  };
}

/** Returns `wanted` and all nodes that they depend on. */
export function neededFor(nodes: readonly FormulaNode[], wanted: readonly number[]): Set<number> {
  const needed = new Set(wanted);
  for (let i = nodes.length - 1; i >= 0; i--) if (needed.has(i)) for (const arg of nodes[i].args) needed.add(arg);
  return needed;
}

function testsOf(nodes: readonly FormulaNode[]): number[] {
  const tests = nodes.flatMap(({ op, uniform, args }) => (op === 'select' && !uniform ? [args[0] as number] : []));
  return [...new Set(tests)].filter((test) => nodes[test].uniform);
}
