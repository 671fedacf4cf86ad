import { Tokens } from './tokens.js';

/** Binary operators with their precedence. `**` is right-associative, all others are left-associative. */
const binaryOperators = {
  ...{ '||': 1, '&&': 2 },
  ...{ '==': 3, '===': 3, '!=': 3, '!==': 3 },
  ...{ '<': 4, '<=': 4, '>': 4, '>=': 4 },
  ...{ '+': 5, '-': 5 },
  ...{ '*': 6, '/': 6 },
  '**': 7,
} as const;

const unaryOperators = ['+', '-', '!'] as const;

/** A binary operator. */
export type BinaryOperator = keyof typeof binaryOperators;

/** A unary operator. */
export type UnaryOperator = (typeof unaryOperators)[number];

/** An expression, with the offset in the text that errors about it point at. Parentheses are not represented. */
export type Expression = { readonly at: number } & (
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly kind: 'call'; readonly callee: string; readonly args: readonly Expression[] }
);

/** `name = value`, or one part of `const name = value, ...`. */
export interface Statement {
  readonly kind: 'assignment' | 'constant';
  readonly name: string;
  readonly value: Expression;
  /** Offset of the name. */
  readonly at: number;
}

/** How deeply parentheses, calls, signs and powers may nest; chains of operators may have any length. */
const mostNested = 200;

/**
 * Parses the statements of a formula. The language is a subset of JavaScript: assignments to names, `const`
 * declarations, the operators of `BinaryOperator` and `UnaryOperator`, `?:`, calls of named functions, numbers and
 * comments, with JavaScript's precedence and its rules for where a statement ends. Any name except a reserved word is
 * allowed. As in strict mode, numbers have no leading zeros.
 * @throws FormulaError that points at the place
 */
export function readStatements(text: string): Statement[] {
  return new Reader(text).statements();
}

/**
 * Parses a text that consists of a single expression.
 * @throws FormulaError that points at the place
 */
export function readExpression(text: string): Expression {
  return new Reader(text).onlyExpression();
}

class Reader {
  readonly #tokens: Tokens;
  #nested = 0;

  constructor(text: string) {
    this.#tokens = new Tokens(text);
  }

  statements(): Statement[] {
    const statements: Statement[] = [];
    while (this.#tokens.current.kind !== 'end') {
      if (this.#tokens.isAt('const')) this.#constants(statements);
      else statements.push(this.#assignment());
      if (!this.#tokens.take(';') && !this.#tokens.current.startsLine) this.#failAfterValue();
    }
    return statements;
  }

  onlyExpression(): Expression {
    const e = this.#expression();
    if (this.#tokens.current.kind !== 'end') this.#failAfterValue();
    return e;
  }

  /** `const name = value, name = value` */
  #constants(statements: Statement[]): void {
    do {
      const { kind, text: name, at } = this.#tokens.next();
      const isConstant = kind === 'name' && this.#tokens.next().text === '=';
      if (!isConstant) this.#tokens.fail('has a declaration that is not `const name = value`', at);
      this.#tokens.next();
      statements.push({ kind: 'constant', name, value: this.#expression(), at });
    } while (this.#tokens.isAt(','));
  }

  /** `name = value` */
  #assignment(): Statement {
    const { kind, at } = this.#tokens.current;
    const target = kind === 'name' || this.#tokens.isAt('(') ? this.#expression() : null;
    if (target?.kind !== 'name' || !this.#tokens.take('='))
      this.#tokens.fail('has a statement that is not `name = value`', at);
    return { kind: 'assignment', name: target.name, value: this.#expression(), at };
  }

  #expression(): Expression {
    this.#enter();
    // consecutive choices are collected in a loop, because recursion would limit their number
    const choices: { test: Expression; yes: Expression; at: number }[] = [];
    let last = this.#operation(1);
    while (this.#tokens.isAt('?')) {
      const { at } = this.#tokens.current;
      this.#tokens.next();
      const yes = this.#expression();
      this.#expect(':');
      choices.push({ test: last, yes, at });
      last = this.#operation(1);
    }
    this.#nested--;
    return choices.reduceRight((no, choice): Expression => ({ kind: 'choice', ...choice, no }), last);
  }

  /** Reads operations whose operators have at least the precedence `tightness`. */
  #operation(tightness: number): Expression {
    let left = this.#power();
    for (;;) {
      const { text, at } = this.#tokens.current;
      const operator = isBinary(text) ? text : null;
      if (operator === null || binaryOperators[operator] < tightness) return left;
      this.#tokens.next();
      left = { kind: 'binary', operator, left, right: this.#operation(binaryOperators[operator] + 1), at };
    }
  }

  /**
   * Reads a value or a power. As in JavaScript, a base with a sign needs parentheses, also in exponents: `a ** -b ** c`
   * is rejected.
   */
  #power(): Expression {
    const { text: sign } = this.#tokens.current;
    const left = this.#signed();
    if (!this.#tokens.isAt('**')) return left;
    const { at } = this.#tokens.current;
    if (isUnary(sign)) this.#tokens.fail(`has ${sign} before a power: write (${sign}a) ** b or ${sign}(a ** b)`, at);
    this.#tokens.next();
    this.#enter();
    const right = this.#power();
    this.#nested--;
    return { kind: 'binary', operator: '**', left, right, at };
  }

  #signed(): Expression {
    const { text: operator, at } = this.#tokens.current;
    if (!isUnary(operator)) return this.#called();
    this.#tokens.next();
    this.#enter();
    const operand = this.#signed();
    this.#nested--;
    return { kind: 'unary', operator, operand, at };
  }

  #called(): Expression {
    let e = this.#value();
    while (this.#tokens.isAt('(')) {
      if (e.kind !== 'name') this.#tokens.fail('calls a value that is not a function');
      e = { kind: 'call', callee: e.name, args: this.#arguments(), at: e.at };
    }
    return e;
  }

  #arguments(): Expression[] {
    const args: Expression[] = [];
    this.#tokens.next();
    while (!this.#tokens.isAt(')')) {
      args.push(this.#expression());
      if (!this.#tokens.take(',')) break;
    }
    this.#expect(')');
    return args;
  }

  #value(): Expression {
    const { kind, text, at } = this.#tokens.current;
    if (this.#tokens.take('(')) {
      const e = this.#expression();
      this.#expect(')');
      return e;
    }
    if (kind !== 'number' && kind !== 'name') this.#failBeforeValue();
    this.#tokens.next();
    return kind === 'name' ? { kind, name: text, at } : { kind, value: Number(text.replaceAll('_', '')), at };
  }

  #enter(): void {
    this.#nested++;
    if (this.#nested > mostNested)
      this.#tokens.fail(`nests parentheses, calls, signs or powers more than ${mostNested} deep`);
  }

  #expect(text: string): void {
    if (!this.#tokens.take(text)) this.#failAfterValue(`'${text}'`);
  }

  #failBeforeValue(): never {
    const { kind, text } = this.#tokens.current;
    if (/^['"`]/.test(text)) this.#tokens.fail('has text in quotes where a number is expected');
    if (kind === 'word') this.#tokens.fail(`has '${text}', which is not a number`);
    this.#failAfterValue('a value');
  }

  /** Fails at an unexpected token, which is often an operator that formulas do not have. */
  #failAfterValue(expected = 'an operator or the end of the statement'): never {
    const { kind, text } = this.#tokens.current;
    if (kind === 'end') this.#tokens.fail(`ends where ${expected} is expected`);
    if (text === '=') this.#tokens.fail('has an assignment inside of an expression');
    const isKnown = kind !== 'mark' || isBinary(text) || /^[()\]{},:;?]$/.test(text);
    if (!isKnown) this.#tokens.fail(`has the unknown operator '${text}'`);
    this.#tokens.fail(`has '${text}' where ${expected} is expected`);
  }
}

function isBinary(text: string): text is BinaryOperator {
  return Object.hasOwn(binaryOperators, text);
}

function isUnary(text: string): text is UnaryOperator {
  return (unaryOperators as readonly string[]).includes(text);
}
