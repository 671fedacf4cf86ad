import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Code } from '../../../src/backends/gpu/source/code.js';
import { divide, indexInView, linearIndex, unravelIndex } from '../../../src/backends/gpu/source/indices.js';
import { sourcesUnder } from '../../helpers/sources.js';

/** A statement of a random program: a function that prints it and one that applies it to a total. */
interface Statement {
  readonly print: (code: Code) => void;
  readonly run: (total: number) => number;
}

const inOrder = (body: readonly Statement[]): Statement => ({
  print: (code) => {
    for (const statement of body) statement.print(code);
  },
  run: (total) => body.reduce((sum, statement) => statement.run(sum), total),
});

const small = fc.integer({ min: -9, max: 9 });

/** Programs that count in the variable `total`, with nested blocks. */
const programs: fc.Arbitrary<Statement> = fc.letrec<{ program: Statement; statement: Statement }>((tie) => ({
  program: fc.array(tie('statement'), { maxLength: 4 }).map(inOrder),
  statement: fc.oneof(
    { maxDepth: 4 },
    small.map(
      (by): Statement => ({
        print: (code) => code.add('total', code.define('c', `${by}`)),
        run: (total) => total + by,
      }),
    ),
    fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 2 }), tie('program')).map(
      ([count, first, body]): Statement => ({
        print: (code) => code.loop(code.name('i'), count, () => body.print(code), first),
        run: (total) => Array.from({ length: Math.max(0, count - first) }).reduce<number>(body.run, total),
      }),
    ),
    fc.tuple(small, tie('program'), fc.option(tie('program'))).map(
      ([limit, body, other]): Statement => ({
        print: (code) =>
          code.when(`total > ${limit}`, () => body.print(code), other === null ? undefined : () => other.print(code)),
        run: (total) => (total > limit ? body.run(total) : (other?.run(total) ?? total)),
      }),
    ),
    tie('program').map(
      (body): Statement => ({
        print: (code) => code.when(null, () => body.print(code)),
        run: body.run,
      }),
    ),
    tie('program').map((body): Statement => ({ print: (code) => code.defer(body.print), run: body.run })),
  ),
})).program;

/** The result of a function with these lines. */
function evaluate(lines: readonly string[]): unknown {
  return new Function(lines.join('\n'))();
}

describe('printed code', () => {
  it('runs its statements, and is indented by block', () => {
    fc.assert(
      fc.property(programs, (program) => {
        const code = new Code();
        code.let('total', '0');
        program.print(code);
        code.return('total');
        const lines = code.lines([]);
        expect(evaluate(lines)).toBe(program.run(0));
        let depth = 0;
        for (const line of lines) {
          if (line.trim().startsWith('}')) depth--;
          expect(line).toMatch(new RegExp(`^ {${2 * depth}}\\S`));
          if (line.endsWith('{')) depth++;
        }
        expect(depth).toBe(0);
      }),
    );
  });

  it('returns one element or four', () => {
    const [one, four] = [new Code(), new Code()];
    one.return('7');
    four.return(['1', '2', '3', '4']);
    expect(evaluate(one.lines([]))).toBe(7);
    expect(evaluate(four.lines([]))).toEqual([1, 2, 3, 4]);
  });

  it('divides integers, rounding down', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 2 ** 24 }), fc.integer({ min: 1, max: 5000 }), (value, by) => {
        const code = new Code();
        const [quotient, remainder] = divide(code, `(${value})`, by);
        code.return([quotient, remainder]);
        const floor = Math.floor(value / by);
        expect(evaluate(code.lines([]))).toEqual([floor, value - floor * by]);
      }),
    );
  });

  it('finds the row-major index of elements of a strided view, and detects elements outside it', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(lengths, fc.array(fc.nat({ max: 3 }), { minLength: 3, maxLength: 3 }), (shape, gaps) => {
        // every axis steps over the whole next axis and a gap
        const strides = shape.map(() => 1 + gaps[0]);
        for (let axis = shape.length - 2; axis >= 0; axis--) {
          strides[axis] = strides[axis + 1] * shape[axis + 1] + gaps[axis];
        }
        const places = new Map<number, number>();
        const size = shape.reduce((a, b) => a * b, 1);
        for (let i = 0; i < size; i++) {
          const code = new Code();
          code.return(linearIndex(strides, unravelIndex(code, shape, `${i}`)));
          places.set(evaluate(code.lines([])) as number, i);
        }
        expect(places.size).toBe(size);
        for (let e = -2; e <= strides[0] * shape[0]; e++) {
          const code = new Code();
          code.return(indexInView(code, `(${e})`, shape, strides, '-1'));
          expect(evaluate(code.lines([]))).toBe(places.get(e) ?? -1);
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** The texts of string and template literals, without the expressions in templates. */
function literalsOf(code: string): string[] {
  const source = `${code}\n`;
  const texts: string[] = [];
  /** Reads code up to its closing brace, and returns the position after it. */
  const readCode = (from: number): number => {
    let depth = 0;
    for (let at = from; at < source.length; at++) {
      const two = source.slice(at, at + 2);
      if (two === '//') at = source.indexOf('\n', at);
      else if (two === '/*') at = source.indexOf('*/', at + 2) + 1;
      else if (`'"\``.includes(source[at])) at = readLiteral(at) - 1;
      else if (source[at] === '{') depth++;
      else if (source[at] === '}' && depth-- === 0) return at + 1;
    }
    return source.length;
  };
  /** Reads a literal from its opening quote, and returns the position after it. */
  const readLiteral = (from: number): number => {
    const quote = source[from];
    let text = '';
    for (let at = from + 1; ; at++) {
      if (at >= source.length) throw new Error(`expected a literal that ends, got ${source.slice(from, from + 40)}`);
      if (source[at] === quote) {
        texts.push(text);
        return at + 1;
      }
      if (source[at] === '\\') at++;
      else if (quote === '`' && source.startsWith('${', at)) at = readCode(at + 2) - 1;
      else text += source[at];
    }
  };
  readCode(0);
  return texts;
}

/** True if the braces in a text are balanced. */
function isBalanced(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth++;
    if (character === '}' && depth-- === 0) return false;
  }
  return depth === 0;
}

describe('the sources of the GPU backend', () => {
  it('open and close blocks of kernels only in Code', () => {
    const byHand = sourcesUnder('src/backends/gpu').flatMap(({ path, text }) =>
      literalsOf(text).some((literal) => !isBalanced(literal)) ? [path] : [],
    );
    expect(byHand).toEqual(['src/backends/gpu/source/code.ts']);
  });

  it('are read literal by literal', () => {
    const text = [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
      "k.line(`if (${x ? `${a}{` : '}'}) {`); // it's {",
      `/* \`{ */ const o = { s: "a\\"}" };`,
      "k.line('} }');",
    ].join('\n');
    expect(literalsOf(text)).toEqual(['{', '}', 'if () {', 'a}', '} }']);
    expect(['{ }', '', '{', '} {', '{}}'].map(isBalanced)).toEqual([true, true, false, false, false]);
  });
});
