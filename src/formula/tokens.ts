import { formulaError } from './error.js';

/**
 * A token of a formula: a number, a name, a reserved word of JavaScript, an operator or other punctuation, or the end.
 */
export interface Token {
  readonly kind: 'number' | 'name' | 'word' | 'mark' | 'end';
  readonly text: string;
  /** Offset of the token; the offset of the end is directly after the last token. */
  readonly at: number;
  /** True if a statement may end before the token, because a line or the formula ends there. */
  readonly startsLine: boolean;
}

const digits = '\\d+(?:_\\d+)*';
const hex = '[\\da-fA-F]+';
const numbers = [
  `0[xX]${hex}(?:_${hex})*`,
  '0[oO][0-7]+(?:_[0-7]+)*',
  '0[bB][01]+(?:_[01]+)*',
  `(?:(?:0|[1-9]\\d*(?:_\\d+)*)(?:\\.(?:${digits})?)?|\\.${digits})(?:[eE][+-]?${digits})?`,
];
const names = '[\\p{ID_Start}$_][\\p{ID_Continue}$\\u200c\\u200d]*';
/**
 * Every operator of JavaScript with several characters, so that `--` is not read as two signs, or else any single
 * character.
 */
const marks = '>>>=?|(?:\\*\\*|<<|>>|&&|\\|\\||\\?\\?)=?|[=!]==|\\+\\+|--|=>|[-+*/%&|^<>=!]=|.';
const tokenPattern = new RegExp(`(?<number>${numbers.join('|')})|(?<name>${names})|(?<mark>${marks})`, 'suy');
const gapPattern = /(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*/y;
const numberGoesOn = /[\p{ID_Continue}$.]+/uy;

/** Reserved words of JavaScript, which cannot be names. */
const reserved = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if import in instanceof let new null return super switch this throw true try typeof var void while with'
  ).split(' '),
);

/** The tokens of a formula, one at a time. */
export class Tokens {
  readonly text: string;
  #current: Token;
  /** Offset after the current token. */
  #end = 0;

  /** @throws FormulaError if the first token cannot be read */
  constructor(text: string) {
    this.text = text;
    this.#current = this.#scan();
  }

  /** The current token, which is read next. */
  get current(): Token {
    return this.#current;
  }

  /**
   * Advances to the next token and returns it.
   * @throws FormulaError for malformed numbers and unterminated comments
   */
  next(): Token {
    this.#current = this.#scan();
    return this.#current;
  }

  /** True if the current token has this text. */
  isAt(text: string): boolean {
    return this.#current.text === text;
  }

  /** Advances if the current token has this text, and returns whether it did. */
  take(text: string): boolean {
    const taken = this.isAt(text);
    if (taken) this.next();
    return taken;
  }

  /** @throws FormulaError that points at the current token, or at an offset */
  fail(problem: string, at: number = this.#current.at): never {
    throw formulaError(this.text, problem, at);
  }

  #scan(): Token {
    const before = this.#end;
    const [gap] = matchAt(gapPattern, this.text, before) as RegExpExecArray;
    const at = before + gap.length;
    const startsLine = /[\n\r\u2028\u2029]/.test(gap);
    if (this.text.startsWith('/*', at)) this.fail('has a comment without an end', at);
    const match = matchAt(tokenPattern, this.text, at);
    // an error about a missing token points directly after the last token
    if (!match) return { kind: 'end', text: '', at: before, startsLine: true };
    const [text] = match;
    this.#end = at + text.length;
    const { number, name } = match.groups as Readonly<Record<'number' | 'name', string | undefined>>;
    if (number !== undefined) {
      const rest = matchAt(numberGoesOn, this.text, this.#end);
      if (rest) this.fail(`has ${text}${rest[0]}, which is not a number`, at);
      return { kind: 'number', text, at, startsLine };
    }
    if (name === undefined) return { kind: 'mark', text, at, startsLine };
    return { kind: reserved.has(text) ? 'word' : 'name', text, at, startsLine };
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
