import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormulaError } from '../../src/errors.js';
import type { Formula } from '../../src/formula/formula.js';
import { bindScalars, type GradientOptions, gradientFormula } from '../../src/formula/gradient.js';
import { formula } from '../../src/formula/index.js';
import { uniformValues } from '../../src/formula/uniform.js';
import { close } from '../helpers/close.js';

/** The value of a formula of numbers. */
function computed(f: Formula, inputs: Readonly<Record<string, number>>): number {
  const bound = bindScalars(f, f.inputs);
  return uniformValues(bound, inputs)[bound.results[0].node];
}

function derivative(f: Formula, by: string, at: Readonly<Record<string, number>>, options: GradientOptions = {}) {
  const gradient = gradientFormula(f, by, options);
  if (gradient === 'zero') return 0;
  if (gradient === 'same') return 1;
  return computed(gradient.formula, { ...at, [gradient.output]: computed(f, at), [gradient.incoming]: 1 });
}

/** Expressions that are finite and smooth for a and b in (0.2, 2), except where a equals b. */
const smooth = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('a', 'b', '0.5', '2', 'abs(a - b)'),
    fc.tuple(tie('e'), fc.constantFrom('+', '-', '*'), tie('e')).map(([x, operator, y]) => `(${x} ${operator} ${y})`),
    fc.tuple(tie('e'), tie('e')).map(([x, y]) => `${x} / (2 + sin(${y}))`),
    fc.tuple(tie('e'), tie('e')).map(([x, y]) => `pow(1.5 + sin(${x}), tanh(${y}))`),
    fc.tuple(fc.constantFrom('sin', 'cos', 'tanh', 'sigmoid', 'erf'), tie('e')).map(([name, x]) => `${name}(${x})`),
    fc.tuple(fc.constantFrom('exp', 'expm1'), tie('e')).map(([name, x]) => `${name}(sin(${x}))`),
    fc.tuple(fc.constantFrom('sqrt', 'log', 'log1p', 'abs'), tie('e')).map(([name, x]) => `${name}(1.5 + cos(${x}))`),
    fc
      .tuple(fc.constantFrom('min', 'max'), tie('e'), tie('e'))
      .map(([name, x, y]) => `(a < b ? ${x} : -${y}) + ${name}(a, b)`),
  ),
})).e;
const point = fc.record({
  a: fc.double({ min: 0.3, max: 1, noNaN: true }),
  b: fc.double({ min: 1.2, max: 1.9, noNaN: true }),
});
const points = fc.tuple(point, fc.boolean()).map(([{ a, b }, swap]) => (swap ? { a: b, b: a } : { a, b }));

const f = (expression: string, ...tensors: string[]) =>
  formula(`y = ${expression}`, { tensors: ['y', ...tensors], scalars: [] });

describe('the gradient of a formula', () => {
  it('is the limit of differences, with and without the value of the formula', () => {
    fc.assert(
      fc.property(smooth, points, fc.constantFrom('a', 'b'), fc.boolean(), (e, at, by, withOutput) => {
        const y = formula(`y = ${e} + 0 * a * b`, { tensors: ['y', 'a', 'b'] });
        const step = 1e-5;
        const moved = (sign: number) => computed(y, { ...at, [by]: at[by as 'a' | 'b'] + sign * step });
        const numeric = (moved(1) - moved(-1)) / (2 * step);
        close([derivative(y, by, at, { withOutput })], [numeric], 1e-5, 1e-5, { what: `d ${e} / d ${by}` });
      }),
      { numRuns: 500 },
    );
  });

  it('is shared if two numbers tie, and 0 where a function has a corner or a step', () => {
    for (const name of ['min', 'max']) {
      expect(derivative(f(`${name}(a, b)`, 'a', 'b'), 'a', { a: 1, b: 1 })).toBe(0.5);
      expect(derivative(f(`${name}(a, b)`, 'a', 'b'), 'b', { a: 1, b: 1 })).toBe(0.5);
    }
    expect(derivative(f('abs(a)', 'a'), 'a', { a: 0 })).toBe(0);
    expect(derivative(f('abs(a)', 'a'), 'a', { a: Number.NaN })).toBeNaN();
    expect(derivative(f('pow(a, b)', 'a', 'b'), 'a', { a: 0, b: 0 })).toBe(0);
    expect(derivative(f('pow(a, b)', 'a', 'b'), 'b', { a: 0, b: 2 })).toBe(0);
    for (const name of ['floor', 'ceil', 'round']) {
      expect(gradientFormula(f(`${name}(a)`, 'a'), 'a')).toBe('zero');
    }
    expect(gradientFormula(f('a > b', 'a', 'b'), 'a')).toBe('zero');
    expect(gradientFormula(f('a ? b : 1', 'a', 'b'), 'a')).toBe('zero');
    expect(gradientFormula(f('a + 2', 'a'), 'a')).toBe('same');
  });

  it('loads the value of a costly function instead of recomputing it', () => {
    const gradient = gradientFormula(f('exp(a)', 'a'), 'a', { withOutput: true });
    expect(gradient).toMatchObject({ output: 'y', incoming: 'dy', result: 'd_a' });
    if (typeof gradient === 'string') throw new Error(gradient);
    expect(gradient.formula.inputs).toEqual(['y', 'dy']);
    expect(gradient.formula.nodes.map(({ op }) => op)).not.toContain('exp');
  });

  it('uses names that do not clash with the operands', () => {
    const named = formula('y = dy * _dy * d_dy', { tensors: ['y', 'dy', '_dy', 'd_dy'] });
    const gradient = gradientFormula(named, 'dy');
    expect(gradient).toMatchObject({ incoming: '__dy', result: '_d_dy' });
  });

  it('is only defined for a formula with one element-wise result', () => {
    const two = formula('y = a\n z = 2 * a', { tensors: ['y', 'z', 'a'] });
    expect(() => gradientFormula(two, 'a')).toThrow(FormulaError);
    expect(() => gradientFormula(formula('y = sum(a)', { tensors: ['y', 'a'] }), 'a')).toThrow(
      "formula: 'y = sum(a)' has no gradient: expected one element-wise result",
    );
  });
});
