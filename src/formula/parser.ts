import { FormulaBuilder } from './builder.js';
import { formulaError } from './error.js';
import { ExpressionNodes, isReducer } from './expressions.js';
import { readStatements, type Statement } from './language.js';
import type { FormulaNode, FormulaResult } from './nodes.js';

/** A parsed formula: its nodes, and which of them it assigns to tensors. */
export interface FormulaGraph {
  readonly nodes: readonly FormulaNode[];
  readonly results: readonly FormulaResult[];
}

/**
 * Parses the text of a formula into nodes and results.
 * @throws FormulaError for syntax errors, unknown names and functions, and declared names that are not used
 */
export function parseFormula(text: string, tensors: readonly string[], scalars: readonly string[]): FormulaGraph {
  return new Parser(text, tensors, scalars).parse();
}

/** The longest text, and the most operations, of a formula: compiling it takes time and stack that grow with them. */
const mostCharacters = 100_000;
const mostNodes = 6_000;

class Parser {
  readonly #text: string;
  readonly #tensors: readonly string[];
  readonly #scalars: readonly string[];
  readonly #builder = new FormulaBuilder();
  readonly #expressions: ExpressionNodes;
  /** The latest value of every local and assigned tensor. */
  readonly #values = new Map<string, number>();
  readonly #results = new Map<string, FormulaResult>();

  constructor(text: string, tensors: readonly string[], scalars: readonly string[]) {
    this.#text = text;
    this.#tensors = tensors;
    this.#scalars = scalars;
    this.#expressions = new ExpressionNodes(text, this.#builder, (name) => this.#nodeOf(name));
  }

  parse(): FormulaGraph {
    if (this.#text.length > mostCharacters) {
      this.#fail(`has ${this.#text.length} characters, more than ${mostCharacters}`);
    }
    for (const statement of readStatements(this.#text)) {
      if (statement.kind === 'constant') this.#constant(statement);
      else this.#assignment(statement);
    }
    const results = [...this.#results.values()];
    if (results.length === 0) this.#fail('assigns no tensor');
    if (results.some((r) => r.reducer) && results.some((r) => !r.reducer)) {
      this.#fail('mixes reductions with element-wise assignments');
    }
    const { length } = this.#builder.nodes;
    if (length > mostNodes) this.#fail(`has ${length} operations, more than ${mostNodes}`);
    this.#expectUse();
    return { nodes: this.#builder.nodes, results };
  }

  #constant({ name, value, at }: Statement): void {
    if (this.#isDeclared(name) || this.#values.has(name)) this.#fail(`declares '${name}' twice`, at);
    this.#values.set(name, this.#expressions.number(value));
  }

  #assignment({ name, value, at }: Statement): void {
    if (!this.#tensors.includes(name)) this.#fail(`assigns '${name}', which is not a declared tensor`, at);
    if (value.kind === 'call' && isReducer(value.callee) && value.args.length === 1) {
      if (this.#results.has(name)) this.#fail(`reduces into '${name}' twice`, at);
      const node = this.#expressions.number(value.args[0]);
      this.#results.set(name, { name, reducer: value.callee, node });
      return;
    }
    const node = this.#expressions.number(value);
    this.#values.set(name, node);
    this.#results.set(name, { name, reducer: null, node });
  }

  #nodeOf(name: string): number | undefined {
    const assigned = this.#values.get(name);
    if (assigned !== undefined) return assigned;
    if (this.#tensors.includes(name)) return this.#builder.add({ op: 'load', name, args: [] });
    if (this.#scalars.includes(name)) return this.#builder.add({ op: 'scalar', name, args: [] });
    return undefined;
  }

  #isDeclared(name: string): boolean {
    return this.#tensors.includes(name) || this.#scalars.includes(name);
  }

  #expectUse(): void {
    const read = new Set(namesRead(this.#builder.nodes));
    const unused = [...this.#tensors, ...this.#scalars].find((name) => !read.has(name) && !this.#results.has(name));
    if (unused !== undefined) this.#fail(`declares '${unused}' without using it`);
  }

  #fail(problem: string, at?: number): never {
    throw formulaError(this.#text, problem, at);
  }
}

/** The names of the tensors and scalars that nodes read. */
export function namesRead(nodes: readonly FormulaNode[]): string[] {
  return nodes.flatMap((node) => (node.op === 'load' || node.op === 'scalar' ? [node.name] : []));
}
