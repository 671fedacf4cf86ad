import './devices.js';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { close } from '../helpers/close.js';
import { input } from './checks.js';

const { checkpoint, grad, gradcheck, gradgradcheck } = a.autograd;

/** Two layers with dropout that use parameters and an intermediate tensor from outside. */
function block(w: a.Tensor, outside: a.Tensor) {
  return (x: a.Tensor): a.Tensor => a.dropout(a.tanh(a.matmul(a.gelu(a.matmul(x, w)), w)), 0.4).mul(outside);
}

describe('checkpoint', () => {
  it('returns bitwise the same values and gradients as the plain function', () => {
    const runs = [false, true].map((recompute) => {
      a.manualSeed(3);
      const w = new a.Parameter(input([5, 5], 1));
      const x = a.tensor(input([40, 5], 2).dataSync(), { shape: [40, 5], requiresGrad: true });
      const scale = a.tensor([2], { requiresGrad: true });
      const outside = a.exp(scale);
      const f = block(w, outside);
      const y = recompute ? checkpoint(f, a.mul(x, 2)) : f(a.mul(x, 2));
      const after = a.dropout(y, 0.5);
      a.sum(a.mul(after, outside)).backward();
      const last = a.rand([3]);
      return [after, w.grad, x.grad, scale.grad, last].map((t) => Array.from((t as a.Tensor).dataSync()));
    });
    expect(runs[1]).toEqual(runs[0]);
  });

  it('frees intermediate values, and recomputes them only in backward', () => {
    const x = a.rand([1000], { requiresGrad: true });
    let calls = 0;
    const f = (t: a.Tensor) => {
      calls++;
      let y = t;
      for (let i = 0; i < 20; i++) y = a.tanh(y);
      return y;
    };
    a.scope(() => {
      const before = a.memory().bytes;
      const y = checkpoint(f, x);
      expect(a.memory().bytes - before).toBe(4000);
      expect(calls).toBe(1);
      a.sum(y).backward();
      expect(calls).toBe(2);
      // the result, its sum and the gradient
      expect(a.memory().bytes - before).toBe(4000 + 4 + 4000);
    });
  });

  it('updates running averages once per batch', () => {
    const after = [false, true].map((recompute) => {
      const norm = new a.nn.BatchNorm2d(3);
      const x = a.tensor(input([4, 3, 2, 2], 5).dataSync(), { shape: [4, 3, 2, 2], requiresGrad: true });
      const f = (t: a.Tensor) => a.tanh(norm.forward(t));
      for (let step = 0; step < 2; step++) {
        const y = recompute ? checkpoint((t) => a.exp(checkpoint(f, t)), x) : a.exp(f(x));
        a.sum(y).backward();
      }
      return [x.grad as a.Tensor, ...norm.stateDict().values()].map((t) => Array.from(t.dataSync()));
    });
    expect(after[1]).toEqual(after[0]);
  });

  it('accepts and returns several tensors', () => {
    const f = (x: a.Tensor, y: a.Tensor) => [a.mul(x, y), a.exp(x), a.gt(x, y)];
    const [x, y] = [a.tensor([1, 2], { requiresGrad: true }), a.tensor([3, 4])];
    const [product, power, larger] = checkpoint(f, x, y);
    expect([product, power, larger].map((t) => t.requiresGrad)).toEqual([true, true, false]);
    a.sum(power).backward();
    close((x.grad as a.Tensor).dataSync(), [Math.E, Math.E ** 2], 1e-12, 0);
    const [unused] = grad(a.sum(checkpoint(f, x, y)[0]), [x]);
    expect(Array.from(unused.dataSync())).toEqual([3, 4]);
  });

  it('counts a tensor once even if it is used in several ways', () => {
    const x = a.tensor([0.5], { requiresGrad: true });
    const h = a.sin(x);
    const k = a.mul(h, h);
    const y = checkpoint((t) => a.mul(a.mul(t, h), k), h);
    y.backward();
    close((x.grad as a.Tensor).dataSync(), [4 * Math.sin(0.5) ** 3 * Math.cos(0.5)], 1e-12, 0);
  });

  it('has second derivatives', () => {
    const f = (x: a.Tensor, w: a.Tensor) => checkpoint((t) => a.tanh(a.matmul(t, w)), x);
    const inputs = () => [input([2, 3], 1), input([3, 2], 2)];
    expect(gradcheck(f, inputs())).toBe(true);
    expect(gradgradcheck(f, inputs())).toBe(true);
  });

  it('is the plain function while recording is off', () => {
    const x = a.tensor([1], { requiresGrad: true });
    expect(a.noGrad(() => checkpoint(a.exp, x)).requiresGrad).toBe(false);
    expect(checkpoint(a.exp, a.ones([1])).requiresGrad).toBe(false);
  });
});
