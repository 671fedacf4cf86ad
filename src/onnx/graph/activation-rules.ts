import type { GraphBuilder, Rule } from './graph-builder.js';
import { type Found, pattern } from './match.js';
import type { Value } from './value.js';

/** Makes a rule that replaces what a formula computes. */
function replacing(
  text: string,
  scalars: readonly string[],
  replace: (b: GraphBuilder, x: Value, numbers: Found['numbers']) => Value | null,
): Rule {
  const wanted = pattern(text, ['x'], scalars);
  return (b, value) => {
    const found = wanted.match(value);
    return found && replace(b, found.values.x, found.numbers);
  };
}

const relu = (b: GraphBuilder, x: Value) => b.add('Relu', [x], x);

const withAlpha = (op: string) => (b: GraphBuilder, x: Value, numbers: Found['numbers']) =>
  b.add(op, [x], x, { alpha: { float: numbers.alpha } });

/** From where on softplus is x to the precision of float32. */
const softplusEnd = 15;

/** The rules for activations, by the last operator of their formulas. */
export const activationRules: Readonly<Record<string, readonly Rule[]>> = {
  Max: [replacing('y = max(x, 0)', [], relu)],
  Where: [
    replacing('y = x <= 0 ? 0 : x', [], relu),
    replacing('y = x > 0 ? x : alpha * x', ['alpha'], withAlpha('LeakyRelu')),
    replacing('const below = x > 0 ? 0 : x\ny = x > 0 ? x : alpha * expm1(below)', ['alpha'], withAlpha('Elu')),
    replacing('y = x < low ? low : x > high ? high : x', ['low', 'high'], (b, x, { low, high }) => {
      const limits = [low, high].map((limit) => (Number.isFinite(limit) ? b.scalar(limit, x.type) : null));
      return b.add('Clip', [x, ...limits], x);
    }),
    replacing(
      `const z = beta * x
       const above = z > 0 ? z : 0
       const minus = z > 0 ? -z : z
       y = z > threshold ? x : (above + log1p(exp(minus))) / beta`,
      ['beta', 'threshold'],
      (b, x, { beta, threshold }) => {
        if (threshold < softplusEnd) return null;
        const softplus = (z: Value) => b.add('Softplus', [z], z);
        if (beta === 1) return softplus(x);
        return b.elementwise('Div', softplus(b.elementwise('Mul', b.scalar(beta), x)), b.scalar(beta));
      },
    ),
  ],
};
