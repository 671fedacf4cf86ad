import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { broadcastsTo, shapes } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';
import { type Checked, differentiates, type Kind } from './checks.js';

const small = { maxAxes: 3, maxSize: 18 };

const unary: readonly [name: string, f: (x: a.Tensor) => a.Tensor, kind?: Kind][] = [
  ['neg', a.neg],
  ['abs', a.abs],
  ['sqrt', a.sqrt, 'positive'],
  ['exp', a.exp],
  ['log', a.log, 'positive'],
  ['sin', a.sin, 'wide'],
  ['cos', a.cos, 'wide'],
  ['tanh', a.tanh],
  ['sigmoid', a.sigmoid, 'wide'],
  ['relu', a.relu],
  ['leakyRelu', a.leakyRelu],
  ['leakyRelu with a slope', (x) => a.leakyRelu(x, 0.3)],
  ['gelu', a.gelu],
  ['silu', a.silu],
  ['elu', a.elu],
  ['elu with alpha', (x) => a.elu(x, 0.7), 'wide'],
  ['softplus', a.softplus, 'wide'],
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

const binary: readonly [name: string, f: (x: a.Tensor, y: a.Tensor) => a.Tensor, kinds?: readonly Kind[]][] = [
  ['add', a.add],
  ['sub', a.sub],
  ['mul', a.mul],
  ['div', a.div, ['apart', 'positive']],
  ['pow', a.pow, ['positive', 'apart']],
  ['maximum', a.maximum],
  ['minimum', a.minimum],
];

describe('element-wise operations', () => {
  for (const [name, f, kind] of unary) {
    const cases = shapes(small).map((shape): Checked => ({ shapes: [shape], f, kinds: [kind ?? 'apart'] }));
    differentiates(name, cases, { numRuns: 10 });
  }
  const pairs = shapes(small).chain((full) => fc.tuple(broadcastsTo(full), broadcastsTo(full)));
  for (const [name, f, kinds] of binary) {
    differentiates(
      `${name}, broadcasting`,
      pairs.map((both): Checked => ({ shapes: both, f, kinds })),
    );
  }
  differentiates(
    'where, broadcasting',
    pairs.map((both): Checked => ({ shapes: both, f: (x, y) => a.where(a.gt(a.sin(a.mul(x, 40)), 0), x, y) })),
  );
  differentiates(
    'dropout, for the same random numbers',
    fc.tuple(shapes(small), fc.constantFrom(0, 0.3, 0.9, 1)).map(([shape, p]): Checked => {
      const f = (x: a.Tensor) => {
        a.manualSeed(5);
        return a.dropout(x, p);
      };
      return { shapes: [shape], f };
    }),
  );
});

describe('activations', () => {
  const at = (values: readonly number[]) => a.tensor(values, { requiresGrad: true });
  const gradients = (f: (x: a.Tensor) => a.Tensor, values: readonly number[]) => {
    const x = at(values);
    f(x).sum().backward();
    return Array.from((x.grad as a.Tensor).dataSync());
  };

  it('keep NaN', () => {
    const functions = [a.relu, a.leakyRelu, a.gelu, a.silu, a.elu, a.softplus, a.tanh, a.sigmoid, a.abs];
    for (const f of [...functions, (x: a.Tensor) => a.clamp(x, -1, 1)]) {
      expect(f(at([Number.NaN])).itemSync(), f.name).toBeNaN();
    }
  });

  it('have the gradients of PyTorch at their kinks', () => {
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
    const finite = [a.tanh, a.sigmoid, a.relu, a.leakyRelu, a.gelu, a.silu, a.elu, a.softplus];
    for (const f of [...finite, (x: a.Tensor) => a.softplus(x, { threshold: 1e9 })]) {
      expect(Array.from(f(at(far)).dataSync()).every(Number.isFinite), f.name).toBe(true);
      const found = gradients(f, far);
      close(found.slice(2), [found[2], found[2]], 1e-12, 0);
      expect(found.every(Number.isFinite), f.name).toBe(true);
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

  it('take integers where that makes sense', () => {
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

  it('say which options they take', () => {
    expect(() => a.softplus(at([1]), { beta: 0 })).toThrow('softplus: expected beta > 0, got 0');
    expect(() => a.clamp(at([1]), 2, 1)).toThrow('clamp: expected limits low <= high, got 2 and 1');
    expect(() => a.clamp(at([1]), null)).toThrow('clamp: expected limits');
  });
});

function autogradOf(y: a.Tensor, x: a.Tensor): a.Tensor[] {
  return a.autograd.grad(y, [x], { createGraph: true }) as a.Tensor[];
}

describe('dropout', () => {
  it('scales what it keeps, repeats with the seed and passes x on outside of training', () => {
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
