import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { broadcastsTo, shapes } from '../helpers/arbitraries.js';
import { type Checked, differentiates } from './checks.js';

const { elementwise, formula, reduce } = a;

const mish = formula('y = x * tanh(log1p(exp(x)))', { tensors: ['x', 'y'] });
const blend = formula(
  `const gate = sigmoid(slope * a)
   y = gate * a + (1 - gate) * b`,
  { tensors: ['a', 'b', 'y'], scalars: ['slope'] },
);
const distance = formula('d = sum((a - b) * (a - b) * w)', { tensors: ['a', 'b', 'd'], scalars: ['w'] });

const pairs = shapes({ maxAxes: 3, maxSize: 12 }).chain((full) => fc.tuple(broadcastsTo(full), broadcastsTo(full)));

describe('elementwise', () => {
  differentiates(
    "a user's formula",
    shapes({ maxAxes: 3, maxSize: 12 }).map(
      (shape): Checked => ({ shapes: [shape], f: (x) => elementwise(mish, { x }) }),
    ),
  );
  differentiates(
    "a user's formula with scalars, broadcasting",
    pairs.map((both): Checked => {
      return { shapes: both, f: (x, y) => elementwise(blend, { a: x, b: y }, { scalars: { slope: 1.5 } }) };
    }),
  );

  it('accepts numbers in place of tensors, and returns the requested dtype', () => {
    const x = a.tensor([-1, 2], { requiresGrad: true });
    const larger = formula('y = max(x, least)', { tensors: ['x', 'least', 'y'] });
    const y = elementwise(larger, { x, least: 0.5 });
    y.sum().backward();
    expect([y.dtype, ...y.dataSync(), ...(x.grad?.dataSync() ?? [])]).toEqual(['float32', 0.5, 2, 0, 1]);
    const whole = elementwise(larger, { x: a.tensor([-3, 4], { dtype: 'int32' }), least: 0 }, { dtype: 'int32' });
    expect([whole.dtype, ...whole.dataSync(), whole.requiresGrad]).toEqual(['int32', 0, 4, false]);
  });

  it('names operands and scalars that are missing or unknown', () => {
    const x = a.tensor([1]);
    const wrong = (message: string, run: () => unknown) => {
      expect(run).toThrow(a.ValueError);
      expect(run).toThrow(message);
    };
    // @ts-expect-error x is missing
    wrong('elementwise: expected operands x, got none', () => elementwise(mish, {}));
    // @ts-expect-error z is unknown
    wrong('elementwise: expected operands x, got x, z', () => elementwise(mish, { x, z: 1 }));
    // @ts-expect-error the formula assigns y
    wrong('elementwise: expected operands x, got x, y', () => elementwise(mish, { x, y: x }));
    // @ts-expect-error slope is missing
    wrong('elementwise: expected scalars slope, got none', () => elementwise(blend, { a: x, b: x }));
    // @ts-expect-error there are no scalars
    wrong('elementwise: expected scalars none, got k', () => elementwise(mish, { x }, { scalars: { k: 1 } }));
    // @ts-expect-error a text is not a number
    wrong("elementwise: expected tensors or numbers, got '1'", () => elementwise(mish, { x: '1' }));
    // @ts-expect-error a text is not a scalar either
    const odd = () => elementwise(blend, { a: x, b: x }, { scalars: { slope: '1' } });
    wrong('elementwise: expected option scalars to be an object with numbers', odd);
    wrong('elementwise: expected at least one tensor, got 1', () => elementwise(mish, { x: 1 }));
    // @ts-expect-error the name is misspelt
    wrong('mish: expected operands x, got X', () => elementwise(mish, { X: x }, { name: 'mish' }));
  });

  it('accepts formulas with one result that they do not read', () => {
    const x = a.tensor([1]);
    const inPlace = formula('m = m + g', { tensors: ['m', 'g'] });
    const two = formula('y = x\nz = x', { tensors: ['x', 'y', 'z'] });
    for (const run of [
      () => elementwise(inPlace, { g: x }),
      () => elementwise(two, { x }),
      () => reduce(mish, { x }),
    ]) {
      expect(run).toThrow(a.FormulaError);
      expect(run).toThrow(/: expected a formula with one (element-wise result|sum) that it does not read, got '/);
    }
    const message = "elementwise: expected a formula with one element-wise result that it does not read, got 'd = sum";
    expect(() => elementwise(distance, { a: x, b: x }, { scalars: { w: 1 } })).toThrow(message);
  });
});

describe('reduce', () => {
  differentiates(
    "a user's sum over any axes",
    pairs
      .chain((both) => {
        const axes = Math.max(...both.map(({ length }) => length));
        const some = fc.subarray(Array.from({ length: axes }, (_, axis) => axis - axes));
        return fc.tuple(fc.constant(both), fc.option(some, { nil: undefined }), fc.boolean());
      })
      .map(([both, axes, keepDim]): Checked => {
        return { shapes: both, f: (x, y) => reduce(distance, { a: x, b: y }, { axes, keepDim, scalars: { w: 0.5 } }) };
      }),
  );

  it('sums over all axes by default', () => {
    const x = a.tensor([
      [1, 2],
      [3, 4],
    ]);
    const scalars = { w: 1 };
    expect(reduce(distance, { a: x, b: 1 }, { scalars }).itemSync()).toBe(14);
    const rows = reduce(distance, { a: x, b: 1 }, { axes: -1, keepDim: true, scalars });
    expect([rows.shape, ...rows.dataSync()]).toEqual([[2, 1], 1, 13]);
    expect(() => reduce(distance, { a: x, b: 1 }, { axes: 2, scalars })).toThrow(
      'reduce: expected axis in [-2, 1], got 2',
    );
    expect(() => reduce(distance, { a: x, b: 1 }, { axes: 0.5, scalars })).toThrow(
      'reduce: expected option axes to be an axis or a list of axes, got 0.5',
    );
  });
});
