import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormulaError } from '../../src/errors.js';
import { readExpression, readStatements } from '../../src/formula/language.js';
import { type PlainStatement, plainExpression, statementsByAcorn } from './acorn.js';

function statements(text: string): PlainStatement[] | null {
  try {
    return readStatements(text).map(({ kind, name, at, value }) => [kind, name, at, plainExpression(value)]);
  } catch (error) {
    if (error instanceof FormulaError) return null;
    throw error;
  }
}

const names = ['x', 'y', 'theta', '$', '_1', 'θ', 'of', 'await', 'static', 'exp', 'max', 'constant', 'lets'];
const numbers = ['0', '7', '12.5', '1.', '.5', '0.', '1e3', '2.5E-7', '.1e+2', '0x1F', '0Xe', '0b101', '0o17', '1_000'];
const binary = ['+', '-', '*', '/', '**', '<', '<=', '>', '>=', '==', '===', '!=', '!==', '&&', '||'];

/** The tokens of a sentence of the grammar; JavaScript requires parentheses around some of them. */
const expression = fc.letrec<{ any: string[]; some: string[] }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...names, ...numbers).map((token) => [token]),
    fc.tuple(tie('any'), fc.constantFrom(...binary), tie('any')).map(([a, operator, b]) => [...a, operator, ...b]),
    fc.tuple(fc.constantFrom('-', '+', '!'), tie('any')).map(([sign, a]) => [sign, ...a]),
    tie('any').map((a) => ['(', ...a, ')']),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => [...a, '?', ...b, ':', ...c]),
    tie('some'),
  ),
  some: fc
    .tuple(fc.constantFrom(...names), fc.array(tie('any'), { maxLength: 3 }), fc.boolean())
    .map(([name, args, comma]) => [
      ...[name, '('],
      ...args.flatMap((arg, i) => (i === 0 ? arg : [',', ...arg])),
      ...(comma && args.length > 0 ? [',', ')'] : [')']),
    ]),
})).any;

const statement = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...names), expression).map(([name, e]) => [name, '=', ...e]) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom(...names), expression), { minLength: 1, maxLength: 2 })
      .map((parts) => ['const', ...parts.flatMap(([name, e], i) => [...(i === 0 ? [] : [',']), name, '=', ...e])]),
  },
);

const sentence = fc
  .array(fc.tuple(statement, fc.constantFrom(';', '\n', ' ;\n')), { minLength: 1, maxLength: 3 })
  .map((list) => list.flatMap(([tokens, end]) => [...tokens, end]));

/** Other tokens of JavaScript, and texts that are almost tokens of formulas. */
const strange = [
  ...[
    '%',
    '&',
    '|',
    '^',
    '~',
    '<<',
    '>>',
    '>>>',
    '??',
    '?.',
    '++',
    '--',
    '=>',
    '+=',
    '**=',
    '&&=',
    '...',
    '.',
    '@',
    '#',
  ],
  ...['[', ']', '{', '}', '"a"', "'", '`', '\\u0061', '/*', '*/', 'in', 'instanceof', 'typeof', 'new', 'this', 'let'],
  ...['var', 'if', 'for', 'function', 'async', 'yield', 'true', 'null', '010', '08', '09.5', '1n', '0x', '1__0', '1_'],
  ...['3x', '1e', '0b12', '0_1', '\u2028', '\ufeff', '\u00a0', 'import', 'export', 'return', 'enum', 'super', 'void'],
];
const ordinary = [...names, ...numbers, ...binary, '=', '(', ')', ',', ';', '?', ':', '!', 'const', '\n'];
const anyToken = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ordinary) },
  { weight: 1, arbitrary: fc.constantFrom(...strange) },
);

/** Sentences with a few tokens dropped, replaced or inserted. */
const nearSentence = fc
  .tuple(sentence, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 1 }), fc.option(anyToken)), { maxLength: 3 }))
  .map(([tokens, edits]) => {
    const edited = [...tokens];
    for (const [place, dropped, token] of edits) {
      edited.splice(place % (edited.length + 1), dropped, ...(token === null ? [] : [token]));
    }
    return edited;
  });

const soup = fc.array(anyToken, { maxLength: 12 }).map((tokens) => ['y', '=', ...tokens]);

const gaps = fc.constantFrom(' ', ' ', ' ', ' ', '\n', '\t', '\r\n', '/* a\n */', '/**/', ' // b\n', '');

/** Texts of tokens, joined with white space, comments or nothing. */
function texts(tokens: fc.Arbitrary<string[]>): fc.Arbitrary<string> {
  return tokens.chain((list) =>
    fc
      .array(gaps, { minLength: list.length, maxLength: list.length })
      .map((between) => list.map((token, i) => token + between[i]).join('')),
  );
}

/** acorn accepts HTML comments, as browsers do in scripts; formulas do not. */
const hasHtmlComment = (text: string) => /<!--|-->/.test(text);

function readsAsAcorn(text: string): void {
  const expected = statementsByAcorn(text);
  fc.pre(!hasHtmlComment(text) && expected !== 'declared twice');
  expect(statements(text)).toEqual(expected);
}

describe('the language of formulas', () => {
  it('is read as acorn reads it', () => {
    fc.assert(fc.property(texts(sentence), readsAsAcorn), { numRuns: 3000 });
  });

  it('rejects all other JavaScript, and text that is not JavaScript', () => {
    fc.assert(fc.property(texts(nearSentence), readsAsAcorn), { numRuns: 6000 });
    fc.assert(fc.property(texts(soup), readsAsAcorn), { numRuns: 6000 });
  });

  it('is tested with texts that belong to it and texts that do not', () => {
    const accepted = (tokens: fc.Arbitrary<string[]>) =>
      fc.sample(texts(tokens), { numRuns: 500, seed: 1 }).filter((text) => statements(text) !== null).length / 500;
    for (const share of [accepted(sentence), accepted(nearSentence)]) {
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.99);
    }
  });

  it('has the precedence of JavaScript', () => {
    const same: Record<string, string> = {
      'a - b - c': '(a - b) - c',
      'a ** b ** c': 'a ** (b ** c)',
      'a ** -b': 'a ** (-b)',
      '-a * b': '(-a) * b',
      'a + b * c ** d': 'a + (b * (c ** d))',
      'a < b == c > d': '(a < b) == (c > d)',
      'a || b && c == d': 'a || (b && (c == d))',
      'a ? b : c ? d : e': 'a ? b : (c ? d : e)',
      '!a + b': '(!a) + b',
      '- -a': '-(-a)',
    };
    const shape = (text: string) =>
      JSON.stringify(plainExpression(readExpression(text)), (_, part) =>
        Array.isArray(part) && part[0] !== 'binary' && part[0] !== 'choice'
          ? part.filter((x) => typeof x !== 'number')
          : part,
      );
    for (const [text, meant] of Object.entries(same)) expect(shape(text), text).toBe(shape(meant));
  });

  it('ends statements where JavaScript does', () => {
    const count = (text: string) => readStatements(text).length;
    expect(count('y = a\nz = b')).toBe(2);
    expect(count('y = a; z = b;')).toBe(2);
    expect(count('y = a\n + b\nz = b')).toBe(2);
    expect(count('y =\n a +\n b // c\n')).toBe(1);
    expect(count('y = a /* \n */ z = b')).toBe(2);
    expect(count('const a = 1,\n b = 2\ny = a')).toBe(3);
    expect(count('y = max\n(a, b)')).toBe(1);
    expect(count(' // nothing\n')).toBe(0);
    expect(() => count('y = a z = b')).toThrow("has 'z' where an operator or the end of the statement is expected");
    expect(() => count('y = a\n(b) = c')).toThrow(FormulaError);
    expect(() => count('y = exp(a)\n(b) = c')).toThrow(FormulaError);
  });

  it.each([
    ['signs', '- '.repeat(5000)],
    ['parentheses', '('.repeat(5000)],
    ['calls', 'exp('.repeat(5000)],
    ['powers', 'a ** '.repeat(5000)],
    ['choices within choices', 'a ? '.repeat(5000)],
    ['everything at once', '-(a || a && a == a < a + a * a ** '.repeat(1000)],
  ])('rejects %s nested too deeply', (_, text) => {
    expect(() => readStatements(`y = ${text}a`)).toThrow(FormulaError);
    expect(() => readStatements(`y = ${text}a`)).toThrow('more than 200 deep');
  });

  it('accepts chains of any length', () => {
    expect(readExpression(`a${' + a'.repeat(20000)}`)).toMatchObject({ kind: 'binary', operator: '+' });
    expect(readExpression(`a${' ? b : a'.repeat(20000)}`)).toMatchObject({ kind: 'choice' });
    expect(readStatements('y = a\n'.repeat(20000))).toHaveLength(20000);
  });
});

describe('an error in a formula', () => {
  const pictures: Record<string, string> = {
    'y = x +': `formula: 'y = x +' ends where a value is expected
  1 | y = x +
    |        ^`,
    'const u = 2\n\ty = u * ) // no\n': `formula: 'const u = 2
	y = u * ) // no' has ')' where a value is expected
  2 | 	y = u * ) // no
    | 	        ^`,
    'y = -x ** 2': `formula: 'y = -x ** 2' has - before a power: write (-a) ** b or -(a ** b)
  1 | y = -x ** 2
    |        ^`,
  };
  for (const [text, message] of Object.entries(pictures)) {
    it(`points at the place: ${JSON.stringify(text)}`, () => {
      expect(() => readStatements(text)).toThrow(new FormulaError(message));
    });
  }

  it('shows a part of long lines', () => {
    const text = `y = ${'a + '.repeat(500)}% + ${'a + '.repeat(500)}a`;
    expect(() => readStatements(text)).toThrow(/\n {2}1 \| .{120}\n {4}\| {61}\^$/);
  });

  it.each([
    ['y = x % s', "has the unknown operator '%'"],
    ['y = ~x', "has the unknown operator '~'"],
    ['y = x--', "has the unknown operator '--'"],
    ['y = x[0]', "has the unknown operator '['"],
    ['y = (x % 2)', "has the unknown operator '%'"],
    ['y = a.b', "has the unknown operator '.'"],
    ['y = (x', "ends where ')' is expected"],
    ['y = (x z', "has 'z' where ')' is expected"],
    ['y = x ? z', "ends where ':' is expected"],
    ['y = x)', "has ')' where an operator or the end of the statement is expected"],
    ['y = x = z', 'has an assignment inside of an expression'],
    ["y = 'x'", 'has text in quotes where a number is expected'],
    ['y = true', "has 'true', which is not a number"],
    ['y = 010', 'has 010, which is not a number'],
    ['y = 1.5x', 'has 1.5x, which is not a number'],
    ['y = 2(x)', 'calls a value that is not a function'],
    ['y = /* x', 'has a comment without an end'],
    ['const u', 'has a declaration that is not `const name = value`'],
    ['const [u] = x', 'has a declaration that is not `const name = value`'],
    ['let u = x', 'has a statement that is not `name = value`'],
    [';', 'has a statement that is not `name = value`'],
    ['x + z', 'has a statement that is not `name = value`'],
  ])('explains what is wrong with %s', (text, message) => {
    expect(() => readStatements(text)).toThrow(FormulaError);
    expect(() => readStatements(text)).toThrow(message);
  });
});
