import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as activations from '../../src/autograd/ops/math/activation.js';
import * as arithmetic from '../../src/autograd/ops/math/arithmetic.js';
import * as relations from '../../src/autograd/ops/math/compare.js';
import * as elementary from '../../src/autograd/ops/math/elementary.js';
import * as a from '../../src/index.js';
import { broadcastsTo, shapes } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';
import { type Checked, differentiates, type Kind } from './checks.js';

const small = { maxAxes: 3, maxSize: 18 };

type Unary = (x: a.Tensor) => a.Tensor;
type Binary = (x: a.Tensor, y: a.Tensor) => a.Tensor;

/** All exports of the families of element-wise operations. */
const unary: [string, Unary][] = [
  ...Object.entries({ ...elementary, ...activations }),
  ...Object.entries<Unary | Binary>(arithmetic).filter((entry): entry is [string, Unary] => entry[1].length === 1),
];
const binary: [string, Binary][] = Object.entries<Unary | Binary>(arithmetic).filter(({ 1: f }) => f.length === 2);

/** Values on both sides of 0, unless the function is not defined there. */
const kindsOf = (f: Unary): Kind[] => (Number.isNaN(f(a.tensor([-0.5])).itemSync()) ? ['positive'] : ['apart', 'wide']);

/** Values at which functions of two tensors are differentiable, if they are not so everywhere. */
const kindsOfBoth: Readonly<Record<string, readonly Kind[]>> = {
  div: ['apart', 'positive'],
  pow: ['positive', 'apart'],
};

const variants: readonly [name: string, f: Unary, kind?: Kind][] = [
  ['leakyRelu with a slope', (x) => a.leakyRelu(x, 0.3)],
  ['elu with alpha', (x) => a.elu(x, 0.7), 'wide'],
  ['softplus with beta and threshold', (x) => a.softplus(x, { beta: 2.5, threshold: 4 })],
  ['clamp', (x) => a.clamp(x, -0.41, 0.53)],
  ['clamp from below', (x) => a.clamp(x, 0.21)],
  ['clamp from above', (x) => a.clamp(x, null, 0.21)],
  ['pow with a number', (x) => a.pow(x, 3)],
  ['pow with a fraction', (x) => a.pow(x, -1.5), 'positive'],
  ['the square', (x) => a.pow(x, 2)],
  ['a number to the power', (x) => a.pow(1.7, x)],
  ['a number minus', (x) => a.sub(2, x)],
  ['a number over', (x) => a.div(2, x), 'positive'],
  ['clone', a.clone],
];

describe('element-wise operations', () => {
  it('are public, and methods of tensors', () => {
    const face: Readonly<Record<string, unknown>> = { ...a };
    const x = a.tensor([0.5, 2]);
    for (const [name, f] of [...unary, ...binary, ...Object.entries(relations)]) {
      expect(face[name], name).toBe(f);
      const method = x[name as keyof a.Tensor] as (...rest: a.Tensor[]) => a.Tensor;
      const rest = name in elementary || name in activations || f.length === 1 ? [] : [a.tensor([3, 1])];
      const expected = (f as (...operands: a.Tensor[]) => a.Tensor)(x, ...rest);
      expect(Array.from(method.apply(x, rest).dataSync()), name).toEqual(Array.from(expected.dataSync()));
    }
  });

  it('are in nn.functional if they are activations', () => {
    for (const [name, f] of Object.entries(activations)) {
      expect(a.nn.functional[name as keyof typeof a.nn.functional], name).toBe(f);
    }
  });

  for (const [name, f] of unary) {
    const cases = fc
      .tuple(shapes(small), fc.constantFrom(...kindsOf(f)))
      .map(([shape, kind]): Checked => ({ shapes: [shape], f: (x) => f(x), kinds: [kind] }));
    differentiates(name, cases);
  }
  for (const [name, f, kind] of variants) {
    const cases = shapes(small).map((shape): Checked => ({ shapes: [shape], f, kinds: [kind ?? 'apart'] }));
    differentiates(name, cases, { numRuns: 10 });
  }
  const pairs = shapes(small).chain((full) => fc.tuple(broadcastsTo(full), broadcastsTo(full)));
  for (const [name, f] of binary) {
    differentiates(
      `${name}, broadcasting`,
      pairs.map((both): Checked => ({ shapes: both, f: (x, y) => f(x, y), kinds: kindsOfBoth[name] })),
    );
  }
  differentiates(
    'where, broadcasting',
    pairs.map((both): Checked => ({ shapes: both, f: (x, y) => a.where(a.gt(a.sin(a.mul(x, 40)), 0), x, y) })),
  );
  for (const [name, f, shape] of [
    ['dropout', a.dropout, shapes(small)],
    ['dropout2d', a.dropout2d, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 })],
  ] as const) {
    differentiates(
      `${name}, for the same random numbers`,
      fc.tuple(shape, fc.constantFrom(0, 0.3, 0.9, 1)).map(([each, p]): Checked => {
        const drop = (x: a.Tensor) => {
          a.manualSeed(5);
          return f(x, p);
        };
        return { shapes: [each], f: drop };
      }),
    );
  }
});

describe('activations', () => {
  const at = (values: readonly number[]) => a.tensor(values, { requiresGrad: true });
  const gradients = (f: (x: a.Tensor) => a.Tensor, values: readonly number[]) => {
    const x = at(values);
    f(x).sum().backward();
    return Array.from((x.grad as a.Tensor).dataSync());
  };

  it('keep NaN', () => {
    for (const [name, f] of [...unary, ['clamp', (x: a.Tensor) => a.clamp(x, -1, 1)] as const]) {
      expect(f(at([Number.NaN])).itemSync(), name).toBeNaN();
    }
  });

  it('have the same gradients as PyTorch at their kinks', () => {
    expect(gradients(a.relu, [0, -0, 1, -1])).toEqual([0, 0, 1, 0]);
    expect(gradients((x) => a.leakyRelu(x, 0.25), [0])).toEqual([0.25]);
    expect(gradients((x) => a.elu(x, 0.5), [0])).toEqual([0.5]);
    expect(gradients(a.abs, [0])).toEqual([0]);
    expect(gradients(a.softplus, [0])).toEqual([0.5]);
    expect(gradients((x) => a.clamp(x, -1, 1), [-1, 1, -1.5, 1.5, 0])).toEqual([1, 1, 0, 0, 1]);
    expect(gradients((x) => a.maximum(x, 0), [0])).toEqual([0.5]);
  });

  it('neither overflow nor lose gradients far from 0', () => {
    const far = [-1e4, -100, 100, 1e4];
    const steep = (x: a.Tensor) => a.softplus(x, { threshold: 1e9 });
    for (const [name, f] of [...Object.entries(activations), ['softplus without threshold', steep] as const]) {
      expect(Array.from(f(at(far)).dataSync()).every(Number.isFinite), name).toBe(true);
      const found = gradients((x) => f(x), far);
      close(found.slice(2), [found[2], found[2]], 1e-12, 0);
      expect(found.every(Number.isFinite), name).toBe(true);
    }
    close(gradients(a.softplus, far), [0, 0, 1, 1], 0, 1e-12);
    close(a.softplus(at([-40])).dataSync(), [Math.exp(-40)], 1e-9, 0);
  });

  it('have second derivatives at 0', () => {
    const x = at([0]);
    const [g] = autogradOf(a.softplus(x), x);
    expect(autogradOf(g, x)[0].itemSync()).toBe(0.25);
    const [h] = autogradOf(a.binaryCrossEntropyWithLogits(x, at([1]), { reduction: 'sum' }), x);
    expect(h.itemSync()).toBe(-0.5);
    expect(autogradOf(h, x)[0].itemSync()).toBe(0.25);
  });

  it('accept integers where that makes sense', () => {
    const x = a.tensor([-3, 0, 4], { dtype: 'int32' });
    expect([a.relu(x), a.abs(x), a.clamp(x, -1, null), a.neg(x)].map((y) => [y.dtype, ...y.dataSync()])).toEqual([
      ['int32', 0, 0, 4],
      ['int32', 3, 0, 4],
      ['int32', -1, 0, 4],
      ['int32', 3, 0, -4],
    ]);
    expect(a.gelu(x).dtype).toBe('float32');
    expect([a.where(a.gt(x, 0), x, 7), a.where(a.gt(x, 0), x, 0.5)].map((y) => [y.dtype, ...y.dataSync()])).toEqual([
      ['int32', 7, 7, 4],
      ['float32', 0.5, 0.5, 4],
    ]);
  });

  it('name the options that they accept', () => {
    expect(() => a.softplus(at([1]), { beta: 0 })).toThrow('softplus: expected option beta > 0, got 0');
    expect(() => a.clamp(at([1]), 2, 1)).toThrow('clamp: expected limits low <= high, got 2 and 1');
    expect(() => a.clamp(at([1]), null)).toThrow('clamp: expected limits');
  });
});

function autogradOf(y: a.Tensor, x: a.Tensor): [a.Tensor] {
  return a.autograd.grad(y, [x], { createGraph: true });
}

describe('dropout', () => {
  it('scales the elements that it keeps, repeats with the seed and returns x outside training', () => {
    const x = a.ones([40, 50]);
    a.manualSeed(1);
    const y = a.dropout(x, 0.25);
    const kept = Array.from(y.dataSync()).filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([1 / 0.75]));
    expect(Math.abs(kept.length / 2000 - 0.75)).toBeLessThan(0.05);
    a.manualSeed(1);
    expect(a.dropout(x, 0.25).dataSync()).toEqual(y.dataSync());
    expect(a.dropout(x, 0.25).dataSync()).not.toEqual(y.dataSync());
    expect(a.dropout(x, 0.25, { training: false })).toBe(x);
    expect(a.dropout(x, 1).sum().itemSync()).toBe(0);
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => a.dropout(x, p)).toThrow('dropout: expected p in [0, 1]');
  });
});
