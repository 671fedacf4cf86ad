import { type AnyNode, parse } from 'acorn';
import type { BinaryOperator, Expression, UnaryOperator } from '../../src/formula/language.js';

/** A statement as plain data: its kind, the name with its offset, and the value. */
export type PlainStatement = readonly [kind: string, name: string, at: number, value: PlainExpression];

/** An expression as plain data, with the offsets of names, numbers, signs and calls. */
export type PlainExpression = readonly (string | number | PlainExpression)[];

const signs: readonly string[] = ['+', '-', '!'] satisfies UnaryOperator[];
const operators: readonly string[] = [
  ...(['+', '-', '*', '/', '**', '<', '<=', '>', '>='] satisfies BinaryOperator[]),
  ...(['==', '===', '!=', '!==', '&&', '||'] satisfies BinaryOperator[]),
];

/** Thrown for JavaScript that is not in the language of formulas. */
class Outside extends Error {}

/**
 * What acorn parses from a text, reduced to the language of formulas; null for everything else. It rejects names that
 * are declared twice, which the grammar does not.
 */
export function statementsByAcorn(text: string): PlainStatement[] | null | 'declared twice' {
  try {
    const { body } = parse(text, { ecmaVersion: 2022, preserveParens: true });
    return body.flatMap((statement) => plainStatements(statement, text));
  } catch (error) {
    if (error instanceof SyntaxError && error.message.includes('has already been declared')) return 'declared twice';
    if (error instanceof SyntaxError || error instanceof Outside) return null;
    throw error;
  }
}

function plainStatements(statement: AnyNode, text: string): PlainStatement[] {
  if (statement.type === 'VariableDeclaration' && statement.kind === 'const') {
    return statement.declarations.map(({ id, init }) => {
      if (!init) throw new Outside();
      return ['constant', nameOf(id, text), id.start, plain(init, text)];
    });
  }
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') {
    throw new Outside();
  }
  const { operator, left, right } = statement.expression;
  if (operator !== '=') throw new Outside();
  const target = bare(left);
  return [['assignment', nameOf(target, text), left.start, plain(right, text)]];
}

function bare(e: AnyNode): AnyNode {
  return e.type === 'ParenthesizedExpression' ? bare(e.expression) : e;
}

/** The name of an identifier; formulas allow neither escapes in names nor `let` as a name. */
function nameOf(e: AnyNode, text: string): string {
  if (e.type !== 'Identifier' || e.name === 'let' || text.slice(e.start, e.end) !== e.name) throw new Outside();
  return e.name;
}

function plain(parenthesized: AnyNode, text: string): PlainExpression {
  const e = bare(parenthesized);
  switch (e.type) {
    case 'Identifier':
      return ['name', nameOf(e, text), e.start];
    case 'Literal':
      // numbers with leading zeros are errors in strict mode as well
      if (typeof e.value !== 'number' || /^0\d/.test(e.raw ?? '')) throw new Outside();
      return ['number', e.value, e.start];
    case 'UnaryExpression':
      if (!signs.includes(e.operator)) throw new Outside();
      return ['unary', e.operator, e.start, plain(e.argument, text)];
    case 'BinaryExpression':
    case 'LogicalExpression':
      if (!operators.includes(e.operator)) throw new Outside();
      return ['binary', e.operator, plain(e.left, text), plain(e.right, text)];
    case 'ConditionalExpression':
      return ['choice', plain(e.test, text), plain(e.consequent, text), plain(e.alternate, text)];
    case 'CallExpression': {
      if (e.optional) throw new Outside();
      const callee = bare(e.callee);
      return ['call', nameOf(callee, text), callee.start, ...e.arguments.map((argument) => plain(argument, text))];
    }
    default:
      throw new Outside();
  }
}

/** Our expressions in the same form. */
export function plainExpression(e: Expression): PlainExpression {
  switch (e.kind) {
    case 'name':
      return ['name', e.name, e.at];
    case 'number':
      return ['number', e.value, e.at];
    case 'unary':
      return ['unary', e.operator, e.at, plainExpression(e.operand)];
    case 'binary':
      return ['binary', e.operator, plainExpression(e.left), plainExpression(e.right)];
    case 'choice':
      return ['choice', plainExpression(e.test), plainExpression(e.yes), plainExpression(e.no)];
    case 'call':
      return ['call', e.callee, e.at, ...e.args.map(plainExpression)];
  }
}
