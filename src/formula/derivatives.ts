import type { FormulaBuilder } from './builder.js';
import { ExpressionNodes } from './expressions.js';
import { type Expression, readExpression } from './language.js';
import type { FormulaNode } from './nodes.js';

/**
 * The chain rule for one operation y of a, b and c: for each argument, the gradient dy of y times the derivative of y
 * with respect to that argument. '0' means that it is zero everywhere, as it is for operations that are not listed.
 */
const shares: Readonly<Partial<Record<FormulaNode['op'], readonly string[]>>> = {
  neg: ['-dy'],
  // 0 at 0, and NaN for NaN
  abs: ['a > 0 ? dy : a < 0 ? -dy : dy * a'],
  sqrt: ['dy / (y + y)'],
  exp: ['dy * y'],
  log: ['dy / a'],
  sin: ['dy * cos(a)'],
  cos: ['-(dy * sin(a))'],
  tanh: ['dy * (1 - y * y)'],
  sigmoid: ['dy * (y * (1 - y))'],
  erf: [`dy * (${2 / Math.sqrt(Math.PI)} * exp(-(a * a)))`],
  expm1: ['dy * (y + 1)'],
  log1p: ['dy / (a + 1)'],
  add: ['dy', 'dy'],
  sub: ['dy', '-dy'],
  mul: ['dy * b', 'dy * a'],
  div: ['dy / b', '-(dy * (y / b))'],
  // x ** 0 is constant; at x = 0 the general rule would give 0 * 0 ** -1, which is NaN
  pow: ['b == 0 ? 0 : dy * (b * pow(a, b - 1))', 'a == 0 && b >= 0 ? 0 : dy * (y * log(a))'],
  min: ['a < b ? dy : a == b ? dy * 0.5 : 0', 'b < a ? dy : b == a ? dy * 0.5 : 0'],
  max: ['a > b ? dy : a == b ? dy * 0.5 : 0', 'b > a ? dy : b == a ? dy * 0.5 : 0'],
  select: ['0', 'a ? dy : 0', 'a ? 0 : dy'],
};

const read = new Map<string, Expression>();

/** Nodes from which a share is computed: the value of the operation, its arguments, and the gradient of the value. */
export interface ShareNodes {
  readonly y: number;
  readonly args: readonly number[];
  readonly adjoint: number;
}

/** Adds the gradient that argument `k` of an operation receives and returns its node; null if it is zero everywhere. */
export function addShare(
  builder: FormulaBuilder,
  op: FormulaNode['op'],
  k: number,
  { y, args, adjoint }: ShareNodes,
): number | null {
  const text = shares[op]?.[k] ?? '0';
  if (text === '0') return null;
  const expression = read.get(text) ?? readExpression(text);
  read.set(text, expression);
  const [a, b, c] = args;
  const known: Readonly<Record<string, number>> = { y, a, b, c, dy: adjoint };
  return new ExpressionNodes(text, builder, (name) => known[name]).number(expression);
}
