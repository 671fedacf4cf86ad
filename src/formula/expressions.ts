import type { FormulaBuilder } from './builder.js';
import { formulaError } from './error.js';
import type { BinaryOperator, Expression } from './language.js';
import {
  type BinaryFunction,
  type FormulaOperation,
  type Reducer,
  type Relation,
  reducers,
  type UnaryFunction,
  unaryFunctions,
} from './nodes.js';

type Infix = BinaryFunction | Relation | 'and' | 'or';

const infix: Readonly<Record<BinaryOperator, Infix>> = {
  ...({ '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '**': 'pow' } as const),
  ...({ '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' } as const),
  ...({ '==': 'eq', '===': 'eq', '!=': 'ne', '!==': 'ne' } as const),
  ...({ '&&': 'and', '||': 'or' } as const),
};

/** Functions of two numbers that are called by name. */
const calledBinary = ['pow', 'min', 'max'] as const;

/** Turns expressions into nodes of a builder. Nodes are added in the order in which JavaScript would evaluate. */
export class ExpressionNodes {
  readonly #text: string;
  readonly #builder: FormulaBuilder;
  readonly #nodeOf: (name: string) => number | undefined;

  /**
   * @param text the text that the expressions were read from, for errors
   * @param nodeOf returns the node that a name stands for, or undefined for unknown names
   */
  constructor(text: string, builder: FormulaBuilder, nodeOf: (name: string) => number | undefined) {
    this.#text = text;
    this.#builder = builder;
    this.#nodeOf = nodeOf;
  }

  /**
   * Returns the node with the value of an expression as a number.
   * @throws FormulaError for unknown names and functions
   */
  number(e: Expression): number {
    return this.#asNumber(this.#node(e));
  }

  #asNumber(node: number): number {
    return this.#builder.nodes[node].truth ? this.#add({ op: 'number', args: [node] }) : node;
  }

  #asTruth(node: number): number {
    if (this.#builder.nodes[node].truth) return node;
    return this.#add({ op: 'ne', args: [node, this.#builder.constant(0)] });
  }

  #truth(e: Expression): number {
    return this.#asTruth(this.#node(e));
  }

  #node(e: Expression): number {
    switch (e.kind) {
      case 'number':
        return this.#builder.constant(e.value);
      case 'name':
        return this.#nodeOf(e.name) ?? this.#fail(`uses the unknown name '${e.name}'`, e);
      case 'unary':
        if (e.operator === '+') return this.number(e.operand);
        if (e.operator === '-') return this.#add({ op: 'neg', args: [this.number(e.operand)] });
        return this.#add({ op: 'not', args: [this.#truth(e.operand)] });
      case 'binary':
        return this.#chain(e);
      case 'choice':
        return this.#choices(e);
      case 'call':
        return this.#call(e);
    }
  }

  /**
   * Adds operations whose left operand is an operation, in a loop: a sum of thousands of terms must not exhaust the
   * stack.
   */
  #chain(last: Expression & { kind: 'binary' }): number {
    const chain = [last];
    let first = last.left;
    for (; first.kind === 'binary'; first = first.left) chain.push(first);
    return chain.reduceRight(
      (left, { operator, right }) => this.#infix(infix[operator], left, right),
      this.#node(first),
    );
  }

  #infix(op: Infix, left: number, right: Expression): number {
    if (op === 'and' || op === 'or') return this.#add({ op, args: [this.#asTruth(left), this.#truth(right)] });
    const a = this.#asNumber(left);
    // x ** 2 becomes a product and x ** 0.5 a square root: pow is slow, and negative bases are common
    if (op === 'pow' && right.kind === 'number' && right.value === 2) return this.#add({ op: 'mul', args: [a, a] });
    if (op === 'pow' && right.kind === 'number' && right.value === 0.5) return this.#add({ op: 'sqrt', args: [a] });
    return this.#add({ op, args: [a, this.number(right)] });
  }

  /** Adds choices whose last operand is a choice, also in a loop. */
  #choices(first: Expression & { kind: 'choice' }): number {
    const made: [test: number, yes: number][] = [];
    let no: Expression = first;
    for (; no.kind === 'choice'; no = no.no) made.push([this.#truth(no.test), this.number(no.yes)]);
    return made.reduceRight(
      (other, [test, yes]) => this.#add({ op: 'select', args: [test, yes, other] }),
      this.number(no),
    );
  }

  #call(e: Expression & { kind: 'call' }): number {
    const { callee, args } = e;
    if (isUnary(callee)) {
      if (args.length !== 1) this.#fail(`calls ${callee} with ${args.length} arguments instead of 1`, e);
      return this.#add({ op: callee, args: [this.number(args[0])] });
    }
    if (isCalledBinary(callee) && args.length === 2) return this.#infix(callee, this.#node(args[0]), args[1]);
    if (isReducer(callee)) {
      return this.#fail(`uses ${callee} inside of an expression; a reduction is \`y = ${callee}(...)\``, e);
    }
    return this.#fail(`calls the unknown function '${callee}' with ${args.length} arguments`, e);
  }

  #add(operation: FormulaOperation): number {
    return this.#builder.add(operation);
  }

  #fail(problem: string, { at }: Expression): never {
    throw formulaError(this.#text, problem, at);
  }
}

/** True for the functions that combine the elements along reduced axes. */
export function isReducer(name: string): name is Reducer {
  return (reducers as readonly string[]).includes(name);
}

function isUnary(name: string): name is UnaryFunction {
  return name !== 'neg' && (unaryFunctions as readonly string[]).includes(name);
}

function isCalledBinary(name: string): name is (typeof calledBinary)[number] {
  return (calledBinary as readonly string[]).includes(name);
}
