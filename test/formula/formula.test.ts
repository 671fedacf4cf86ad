import { describe, expect, it } from 'vitest';
import { FormulaError } from '../../src/errors.js';
import { formula as lazy } from '../../src/formula/formula.js';
import { formula } from '../../src/formula/index.js';
import { evaluate, unaryFunctions } from '../../src/formula/nodes.js';
import { decide, uniformValues } from '../../src/formula/uniform.js';
import { close } from '../helpers/close.js';
import { operandOn, valuesOn } from '../helpers/operands.js';
import { reference } from '../helpers/tensors.js';

/** The value of an expression over a, b (tensors) and s, t (scalars). */
function evaluated(expression: string, { a = 0, b = 0, s = 0, t = 0 } = {}): number {
  const used = (names: string[]) => names.filter((name) => new RegExp(`\\b${name}\\b`).test(expression));
  const f = formula(`y = ${expression}`, { tensors: ['y', ...used(['a', 'b'])], scalars: used(['s', 't']) });
  const y = operandOn(reference, []);
  reference.map(f, { y, a: operandOn(reference, [], [a]), b: operandOn(reference, [], [b]) }, { s, t });
  return valuesOn(reference, y)[0];
}

const given = { a: 0.75, b: -1.5, s: 2, t: 3 };

describe('a formula', () => {
  it('has the same meaning as in JavaScript', () => {
    const { a, b, s, t } = given;
    const expressions: Record<string, number> = {
      'a + b * s - t / a': a + b * s - t / a,
      '-(a - -b) * +s': -(a - -b) * +s,
      'a ** 3 - a ** 2 + a ** 0.5': a ** 3 - a ** 2 + Math.sqrt(a),
      'a ** b ** 2': a ** (b ** 2),
      '(a - b) ** t': (a - b) ** t,
      'pow(a, b)': a ** b,
      'min(a, b) - max(s, t)': Math.min(a, b) - Math.max(s, t),
      'a > b ? s : t': 2,
      'a < b ? s : a == b ? 7 : t': 3,
      'a > 0 && b > 0 ? 1 : 2': 2,
      '(a > 0 || b > 0) * 5': 5,
      '!(a > 0) + !b + (a != b)': 1,
      'a && b': 1,
      '(a >= 0.75) + (a <= 0.75) + (a === 0.75) + (a !== 0.75)': 3,
      '1e-3 + 0x10': 16.001,
    };
    for (const [text, value] of Object.entries(expressions))
      expect(evaluated(text, given), text).toBeCloseTo(value, 12);
  });

  it('knows its functions', () => {
    const erf = 0.7111556336535151; // erf(0.75)
    const known: Record<string, number> = {
      ...{ abs: 0.75, sqrt: Math.sqrt(0.75), exp: Math.exp(0.75), log: Math.log(0.75), sin: Math.sin(0.75) },
      ...{ cos: Math.cos(0.75), tanh: Math.tanh(0.75), sigmoid: 1 / (1 + Math.exp(-0.75)), erf, floor: 0, ceil: 1 },
      ...{ round: 1, expm1: Math.expm1(0.75), log1p: Math.log1p(0.75) },
    };
    for (const name of unaryFunctions) {
      if (name !== 'neg') expect(evaluated(`${name}(a)`, given), name).toBeCloseTo(known[name], 14);
    }
  });

  it('computes erf to double precision', () => {
    // Abramowitz and Stegun, Handbook of Mathematical Functions, table 7.1
    const table = {
      0: 0,
      0.5: 0.5204998778130465,
      1: 0.8427007929497149,
      2: 0.9953222650189527,
      3: 0.9999779095030014,
    };
    for (const [x, value] of Object.entries(table)) {
      close([evaluate.erf(Number(x)), evaluate.erf(-x)], [value, -value], 1e-14, 0, { what: `erf(${x})` });
    }
    close([evaluate.erf(2.5), evaluate.erf(2.499999999)], [0.999593047982555, 0.999593047982555], 1e-10, 0);
    expect([evaluate.erf(Infinity), evaluate.erf(-9), evaluate.erf(Number.NaN)]).toEqual([1, -1, Number.NaN]);
  });

  it('rounds half to even', () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, 2.6].map((x) => evaluated('round(a)', { a: x }) + 0)).toEqual([
      -2, -2, 0, 0, 2, 2, 2, 3,
    ]);
  });

  it('has locals, and later statements see earlier assignments', () => {
    const f = formula('const d = x - m\n const e = d * d\n m = m + r * d\n v = v + r * (e - v) + 0 * m', {
      tensors: ['x', 'm', 'v'],
      scalars: ['r'],
    });
    expect([f.inputs, f.outputs, f.kind]).toEqual([['x', 'm', 'v'], ['m', 'v'], 'map']);
    const [m, v] = [operandOn(reference, [], [1]), operandOn(reference, [], [4])];
    reference.map(f, { x: operandOn(reference, [], [3]), m, v }, { r: 0.5 });
    expect([valuesOn(reference, m), valuesOn(reference, v)]).toEqual([[2], [4]]);
  });

  it('computes equal subexpressions once and uniform ones before the loop', () => {
    const f = formula('y = x * (1 - b * b) + (1 - b * b)', { tensors: ['y', 'x'], scalars: ['b'] });
    expect(f.nodes.filter((node) => node.op === 'sub')).toHaveLength(1);
    const values = uniformValues(f, { b: 0.5 });
    f.nodes.forEach((node, i) => {
      expect(node.uniform, node.op).toBe(!Number.isNaN(values[i]));
    });
    expect(values[f.nodes.findIndex((node) => node.op === 'sub')]).toBe(0.75);
    expect(() => uniformValues(f, {})).toThrow("formula: 'y = x * (1 - b * b) + (1 - b * b)' needs a number 'b'");
  });

  it('is specialised to the branch that a scalar selects, and computes nothing else', () => {
    const f = formula('y = t == 1 ? g : (1 - b) * sqrt(m) + b * (g > 0 ? g : 0)', {
      tensors: ['y', 'g', 'm'],
      scalars: ['t', 'b'],
    });
    const outcome = (t: number) => decide(f, uniformValues(f, { t, b: 0.9 }));
    expect(f.tests.map((test) => f.nodes[test].op)).toEqual(['eq']);
    expect([outcome(1).inputs, outcome(1).nodes.map(({ op }) => op)]).toEqual([['g'], ['load']]);
    expect([outcome(2).inputs, outcome(2).scalars]).toEqual([['g', 'm'], ['b']]);
    expect(outcome(2).nodes.filter(({ op }) => op === 'select')).toHaveLength(1);
    expect(outcome(2).tests).toEqual([]);
  });

  it('is a reduction if every assignment is one', () => {
    const f = formula('const d = x - 1\n total = sum(d * d)\n top = max(d)', { tensors: ['total', 'top', 'x'] });
    expect([f.kind, f.inputs, f.outputs]).toEqual(['reduce', ['x'], ['total', 'top']]);
    expect(f.results.map(({ reducer }) => reducer)).toEqual(['sum', 'max']);
    expect(formula('y = max(a, b)', { tensors: ['y', 'a', 'b'] }).kind).toBe('map');
  });
});

describe('a formula is rejected', () => {
  const declared = { tensors: ['y', 'z', 'x'], scalars: ['s'] } as const;
  const errors: Record<string, [text: string, message: string]> = {
    'with a syntax error': ['y = x +', 'ends where a value is expected'],
    'with an unknown name': ['y = x + q', "uses the unknown name 'q'"],
    'with an unknown function': ['y = relu(x)', "calls the unknown function 'relu' with 1 arguments"],
    'with a method': ['y = Math.exp(x)', "has the unknown operator '.'"],
    'with too many arguments': ['y = exp(x, s)', 'calls exp with 2 arguments instead of 1'],
    'with too few arguments': ['y = pow(x)', "calls the unknown function 'pow' with 1 arguments"],
    'assigning a scalar': ['s = x', "assigns 's', which is not a declared tensor"],
    'assigning an unknown name': ['q = x', "assigns 'q', which is not a declared tensor"],
    'declaring a name twice': ['const x = 1\n y = x', "declares 'x' twice"],
    'declaring a local twice': ['const u = 1\n const u = 2\n y = u', "declares 'u' twice"],
    'with a variable that is not a constant': ['let u = x\n y = u', 'has a statement that is not `name = value`'],
    'with a loop': ['for (;;) {}', 'has a statement that is not `name = value`'],
    'without an assignment': ['x + s', 'has a statement that is not `name = value`'],
    'with another assignment operator': ['y += x', 'has a statement that is not `name = value`'],
    'that assigns nothing': ['const u = x', 'assigns no tensor'],
    'with text in it': ["y = 'x'", 'has text in quotes where a number is expected'],
    'with an unknown operator': ['y = x % s', "has the unknown operator '%'"],
    'with an unknown unary operator': ['y = ~x', "has the unknown operator '~'"],
    'with an index': ['y = x[0]', "has the unknown operator '['"],
    'with a reduction inside of an expression': ['y = 2 * sum(x)', 'uses sum inside of an expression'],
    'mixing reductions with assignments': ['y = sum(x)\n z = x', 'mixes reductions with element-wise assignments'],
    'reducing into a tensor twice': ['y = sum(x)\n y = max(x)', "reduces into 'y' twice"],
    'that leaves a declared name out': ['y = x', "declares 'z' without using it"],
  };
  for (const [what, [text, message]] of Object.entries(errors)) {
    it(what, () => {
      expect(() => formula(text, declared)).toThrow(FormulaError);
      expect(() => formula(text, declared)).toThrow(message);
      expect(() => formula(text, declared)).toThrow(`formula: '${text}'`);
    });
  }

  it('with a picture of the place', () => {
    const text = 'const u = x * s\n y = sgn(u) + z';
    expect(() => formula(text, declared)).toThrow(
      new FormulaError(`formula: '${text}' calls the unknown function 'sgn' with 1 arguments
  2 |  y = sgn(u) + z
    |      ^`),
    );
  });
});

describe('a formula of the package', () => {
  it('is parsed when first used, once', () => {
    const wrong = lazy('y = x + q', { tensors: ['y', 'x'] });
    expect([wrong.text, wrong.tensors]).toEqual(['y = x + q', ['y', 'x']]);
    expect(() => wrong.inputs).toThrow("uses the unknown name 'q'");
    expect(() => wrong.parse()).toThrow(FormulaError);
    const right = lazy('y = x + 1', { tensors: ['y', 'x'] });
    expect(right.nodes).toBe(right.nodes);
    expect(right.results).toBe(right.results);
  });

  it('may have thousands of terms', () => {
    const f = formula(`y = x${' + x'.repeat(5000)}`, { tensors: ['y', 'x'] });
    expect(f.nodes).toHaveLength(5001);
    const chosen = formula(`y = ${'x == s ? 2 : '.repeat(5000)}x`, { tensors: ['y', 'x'], scalars: ['s'] });
    expect(chosen.nodes.filter(({ op }) => op === 'select')).toHaveLength(5000);
  });
});

describe('a formula that costs too much', () => {
  const names = { tensors: ['y', 'x'] };
  it.each([
    ['signs', `y = ${'-'.repeat(5000)}x`],
    ['parentheses', `y = ${'('.repeat(5000)}x${')'.repeat(5000)}`],
    ['powers', `y = ${'x ** '.repeat(5000)}x`],
    ['calls', `y = ${'exp('.repeat(5000)}x${')'.repeat(5000)}`],
    ['terms', `y = x${' + x'.repeat(7000)}`],
    ['spaces', `y =${' '.repeat(1e6)}x`],
    ['comments', `${'/**/'.repeat(1e6)}y = x`],
    ['digits', `y = x + ${'1_'.repeat(1e6)}1`],
    ['letters', `y = ${'x'.repeat(1e6)}`],
  ])('because of its %s is a short FormulaError', (_, text) => {
    let message = '';
    try {
      formula(text, names).parse();
    } catch (error) {
      expect(error).toBeInstanceOf(FormulaError);
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    expect(message.length).toBeLessThan(1000);
  });
});
