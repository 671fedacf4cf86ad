import { describe, expect, it } from 'vitest';
import { FormulaError } from '../../src/errors.js';
import { type Decay, update } from '../../src/optim/rules/update.js';
import { ruleOf } from './algorithms.js';
import { kinds } from './kinds.js';

const rules = kinds.map(({ name, options }) => ({ name, options, rule: ruleOf(name, options) }));

describe('an update rule', () => {
  describe.each(rules)('of $name $options', ({ rule }) => {
    const preparations = [null, 'l2' as Decay, 'decoupled' as Decay].flatMap((decay) =>
      [false, true].map((maximize) => ({ decay, maximize })),
    );
    it.each(preparations)('touches each tensor once, with $decay decay and maximize $maximize', (preparation) => {
      const { kind, inputs, outputs, nodes } = rule.formula(preparation);
      const slots = Object.keys(rule.slots);
      expect(kind).toBe('map');
      expect([...inputs].sort()).toEqual(['grad', 'theta', ...slots].sort());
      // the second of two slots that alternate is only read
      const written = slots.filter((slot) => slot !== rule.alternate?.[1]);
      expect([...outputs].sort()).toEqual(['theta', ...written].sort());
      const loads = nodes.flatMap((node) => (node.op === 'load' ? [node.name] : []));
      expect(loads.length).toBe(new Set(loads).size);
    });

    it('is compiled once for each preparation', () => {
      const formulas = preparations.map((preparation) => rule.formula(preparation));
      expect(new Set(formulas).size).toBe(6);
      expect(preparations.map((preparation) => rule.formula(preparation))).toEqual(formulas);
    });
  });

  it('combines lines, and later lines can use the names of earlier ones', () => {
    const half = { text: 'm = g / 2\n const u = -m', slots: { m: 0 } };
    const made = update(half, { text: 'theta = theta + lr * u', scalars: ['lr'] });
    expect(made.slots).toEqual({ m: 0 });
    expect(made.formula({ maximize: false, decay: null }).outputs).toEqual(['m', 'theta']);
  });

  it.each([
    ['an unknown name', { text: 'theta = theta - rate * g', scalars: ['lr'] }, /uses the unknown name 'rate'/],
    ['a slot that it does not use', { text: 'theta = g', slots: { m: 0 } }, /declares 'm' without using it/],
    ['a scalar that it does not use', { text: 'theta = g', scalars: ['lr'] }, /declares 'lr' without using it/],
    ['an unknown function', { text: 'theta = theta - sgn(g)' }, /unknown function 'sgn'/],
    ['an assignment to the gradient', { text: 'theta = g\n g = 0' }, /assigns 'g'/],
  ])('is refused when first used for %s', (_, lines, message) => {
    const parse = () => update(lines).formula({ maximize: false, decay: null }).parse();
    expect(parse).toThrow(FormulaError);
    expect(parse).toThrow(message);
  });
});
