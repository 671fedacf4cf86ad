import { type AnyNode, type Expression, parse } from 'acorn';
import { FormulaError } from '../errors.js';
import { FormulaBuilder } from './builder.js';
import {
  binaryFunctions,
  type FormulaNode,
  type FormulaOperation,
  type FormulaResult,
  type Reducer,
  reducers,
  unaryFunctions,
} from './nodes.js';

const infix: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '**': 'pow',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
  '==': 'eq',
  '===': 'eq',
  '!=': 'ne',
  '!==': 'ne',
  '&&': 'and',
  '||': 'or',
};

const isUnary = (name: string) => (unaryFunctions as readonly string[]).includes(name);
const isBinary = (name: string) => (binaryFunctions as readonly string[]).includes(name);
const isReducer = (name: string): name is Reducer => (reducers as readonly string[]).includes(name);

/** Nodes and results of a formula's text. Throws FormulaError. */
export function parseFormula(
  text: string,
  tensors: readonly string[],
  scalars: readonly string[],
): { nodes: FormulaNode[]; results: FormulaResult[] } {
  return new Parser(text, tensors, scalars).parse();
}

class Parser {
  readonly #text: string;
  readonly #tensors: readonly string[];
  readonly #scalars: readonly string[];
  readonly #builder = new FormulaBuilder();
  /** The latest value of every local and assigned tensor. */
  readonly #values = new Map<string, number>();
  readonly #results = new Map<string, FormulaResult>();

  constructor(text: string, tensors: readonly string[], scalars: readonly string[]) {
    this.#text = text;
    this.#tensors = tensors;
    this.#scalars = scalars;
  }

  parse(): { nodes: FormulaNode[]; results: FormulaResult[] } {
    for (const statement of this.#statements()) this.#statement(statement);
    const results = [...this.#results.values()];
    if (results.length === 0) this.#fail('assigns no tensor');
    if (results.some((r) => r.reducer) && results.some((r) => !r.reducer)) {
      this.#fail('mixes reductions with element-wise assignments');
    }
    return { nodes: this.#builder.nodes, results };
  }

  #statements(): readonly AnyNode[] {
    try {
      return parse(this.#text, { ecmaVersion: 2022 }).body;
    } catch (error) {
      return this.#fail((error as Error).message);
    }
  }

  #statement(statement: AnyNode): void {
    if (statement.type === 'VariableDeclaration' && statement.kind === 'const') {
      for (const { id, init } of statement.declarations) {
        if (id.type !== 'Identifier' || !init) this.#fail('has a declaration that is not `const name = value`');
        if (this.#isDeclared(id.name) || this.#values.has(id.name)) this.#fail(`declares '${id.name}' twice`);
        this.#values.set(id.name, this.#number(init));
      }
      return;
    }
    if (
      statement.type !== 'ExpressionStatement' ||
      statement.expression.type !== 'AssignmentExpression' ||
      statement.expression.operator !== '=' ||
      statement.expression.left.type !== 'Identifier'
    ) {
      this.#fail('has a statement that is not `name = value`');
    }
    const { left, right } = statement.expression;
    const name = left.name;
    if (!this.#tensors.includes(name)) this.#fail(`assigns '${name}', which is not a declared tensor`);
    const reducer = this.#reducerOf(right);
    if (reducer) {
      if (this.#results.has(name)) this.#fail(`reduces into '${name}' twice`);
      this.#results.set(name, { name, reducer: reducer.name, node: this.#number(reducer.argument) });
      return;
    }
    const node = this.#number(right);
    this.#values.set(name, node);
    this.#results.set(name, { name, reducer: null, node });
  }

  #reducerOf(e: Expression): { name: Reducer; argument: Expression } | null {
    if (e.type !== 'CallExpression' || e.callee.type !== 'Identifier') return null;
    if (!isReducer(e.callee.name) || e.arguments.length !== 1) return null;
    return { name: e.callee.name, argument: e.arguments[0] as Expression };
  }

  #number(e: Expression): number {
    const node = this.#expression(e);
    return this.#builder.nodes[node].truth ? this.#add({ op: 'number', args: [node] }) : node;
  }

  #truth(e: Expression): number {
    const node = this.#expression(e);
    if (this.#builder.nodes[node].truth) return node;
    return this.#add({ op: 'ne', args: [node, this.#builder.constant(0)] });
  }

  #expression(e: Expression): number {
    switch (e.type) {
      case 'ParenthesizedExpression':
        return this.#expression(e.expression);
      case 'Literal':
        if (typeof e.value !== 'number') return this.#fail(`has the value ${e.raw}, which is not a number`);
        return this.#builder.constant(e.value);
      case 'Identifier':
        return this.#name(e.name);
      case 'UnaryExpression':
        if (e.operator === '-') return this.#add({ op: 'neg', args: [this.#number(e.argument)] });
        if (e.operator === '+') return this.#number(e.argument);
        if (e.operator === '!') return this.#add({ op: 'not', args: [this.#truth(e.argument)] });
        return this.#fail(`has the unknown operator ${e.operator}`);
      case 'LogicalExpression':
      case 'BinaryExpression': {
        const op = infix[e.operator];
        if (!op || e.left.type === 'PrivateIdentifier') return this.#fail(`has the unknown operator ${e.operator}`);
        if (op === 'and' || op === 'or') return this.#add({ op, args: [this.#truth(e.left), this.#truth(e.right)] });
        return this.#binary(op, e.left, e.right);
      }
      case 'ConditionalExpression': {
        const test = this.#truth(e.test);
        return this.#add({ op: 'select', args: [test, this.#number(e.consequent), this.#number(e.alternate)] });
      }
      case 'CallExpression':
        return this.#call(e.callee.type === 'Identifier' ? e.callee.name : '?', e.arguments as readonly Expression[]);
      default:
        return this.#fail(`has an unknown kind of expression (${e.type})`);
    }
  }

  #binary(op: string, left: Expression, right: Expression): number {
    // x ** 2 is a product, and ** 0.5 a root: pow is slow and negative bases are common
    if (op === 'pow' && right.type === 'Literal' && right.value === 2) {
      const base = this.#number(left);
      return this.#add({ op: 'mul', args: [base, base] });
    }
    if (op === 'pow' && right.type === 'Literal' && right.value === 0.5) {
      return this.#add({ op: 'sqrt', args: [this.#number(left)] });
    }
    const args = [this.#number(left), this.#number(right)] as const;
    return this.#add({ op, args } as FormulaOperation);
  }

  #call(name: string, args: readonly Expression[]): number {
    if (isUnary(name) && name !== 'neg') {
      if (args.length !== 1) this.#fail(`calls ${name} with ${args.length} arguments instead of 1`);
      return this.#add({ op: name, args: [this.#number(args[0])] } as FormulaOperation);
    }
    if (isBinary(name) && ['pow', 'min', 'max'].includes(name) && args.length === 2) {
      return this.#binary(name, args[0], args[1]);
    }
    if (isReducer(name)) return this.#fail(`uses ${name} inside of an expression; a reduction is \`y = ${name}(...)\``);
    return this.#fail(`calls the unknown function '${name}' with ${args.length} arguments`);
  }

  #name(name: string): number {
    const assigned = this.#values.get(name);
    if (assigned !== undefined) return assigned;
    if (this.#tensors.includes(name)) return this.#add({ op: 'load', name, args: [] });
    if (this.#scalars.includes(name)) return this.#add({ op: 'scalar', name, args: [] });
    return this.#fail(`uses the unknown name '${name}'`);
  }

  #isDeclared(name: string): boolean {
    return this.#tensors.includes(name) || this.#scalars.includes(name);
  }

  #add(operation: FormulaOperation): number {
    return this.#builder.add(operation);
  }

  #fail(problem: string): never {
    throw new FormulaError(`formula: '${this.#text.trim()}' ${problem}`);
  }
}
