import './devices.js';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { close } from '../helpers/close.js';

const { grad } = a.autograd;
const leaf = (values: a.NestedValues) => a.tensor(values, { requiresGrad: true });
const numbers = (t: a.Tensor | null | undefined) => (t ? Array.from(t.dataSync()) : null);

describe('backward', () => {
  it('adds to existing gradients', () => {
    const x = leaf([1, 2]);
    for (const expected of [
      [2, 4],
      [4, 8],
      [6, 12],
    ]) {
      a.sum(a.mul(x, x)).backward();
      expect(numbers(x.grad)).toEqual(expected);
    }
    x.grad = null;
    expect(x.grad).toBeNull();
    expect(() => {
      x.grad = a.zeros([3]);
    }).toThrow('grad: expected a gradient (2), got (3)');
    x.grad = a.tensor([10, 10]);
    a.sum(x).backward();
    expect(numbers(x.grad)).toEqual([11, 11]);
  });

  it('does not write into the gradient that it was passed', () => {
    const [x, dy] = [leaf([1, 2]), a.tensor([5, 6])];
    const y = a.reshape(x, [1, 2]).reshape(2);
    y.backward(dy);
    a.sum(x).backward();
    expect(numbers(x.grad)).toEqual([6, 7]);
    expect(numbers(dy)).toEqual([5, 6]);
    expect(dy.released).toBe(false);
  });

  it('writes into the existing gradient, even if another tensor shares its memory', () => {
    const x = leaf([1, 2]);
    a.sum(x).backward();
    const g = x.grad as a.Tensor;
    const view = g.reshape(2, 1);
    a.sum(x).backward();
    expect(x.grad).toBe(g);
    expect(numbers(view)).toEqual([2, 2]);
  });

  it('adds up the gradients of all paths from a tensor to the result', () => {
    const x = leaf([3]);
    const y = a.mul(x, x);
    const z = a.add(a.mul(y, x), a.add(y, y));
    z.backward();
    expect(numbers(x.grad)).toEqual([27 + 12]);
    const u = leaf([2]);
    a.add(u, u).backward();
    expect(numbers(u.grad)).toEqual([2]);
  });

  it('sums gradients over axes that were broadcast', () => {
    const [x, y] = [leaf([[1], [2]]), leaf([1, 2, 3])];
    a.sum(a.mul(x, y)).backward();
    expect(numbers(x.grad)).toEqual([6, 6]);
    expect(x.grad?.shape).toEqual([2, 1]);
    expect(numbers(y.grad)).toEqual([3, 3, 3]);
    const s = leaf(2);
    a.sum(a.add(s, a.zeros([4, 5]))).backward();
    expect([numbers(s.grad), s.grad?.shape]).toEqual([[20], []]);
  });

  it('gives the leaves of a sum separate gradients', () => {
    const [x, y] = [leaf([1, 1]), leaf([1, 1])];
    a.add(x, y).backward(a.tensor([1, 2]));
    expect(x.grad?.storage).not.toBe(y.grad?.storage);
    a.sum(x).backward();
    expect(numbers(x.grad)).toEqual([2, 3]);
    expect(numbers(y.grad)).toEqual([1, 2]);
  });

  it('releases the graph unless retainGraph is set', () => {
    const x = leaf([2]);
    const y = a.exp(x);
    y.backward(undefined, { retainGraph: true });
    y.backward();
    close(numbers(x.grad) as number[], [2 * Math.exp(2)], 1e-12, 0);
    expect(() => y.backward()).toThrow(
      'backward: expected the graph of exp, got one released by an earlier backward; use retainGraph',
    );
  });

  it('requires a scalar or a gradient, and a tensor that requires a gradient', () => {
    const x = leaf([1, 2]);
    expect(() => a.exp(x).backward()).toThrow(
      'backward: expected a gradient for a result of several elements, got (2)',
    );
    expect(() => a.exp(x).backward(a.ones([3]))).toThrow('backward: expected a gradient (2), got (3)');
    expect(() => a.exp(x).backward(a.ones([2], { dtype: 'int32' }))).toThrow('backward: expected float32, got int32');
    expect(() => a.ones([]).backward()).toThrow('backward: expected a tensor that requires a gradient');
  });

  it('handles deep graphs', () => {
    const x = leaf([1]);
    let y: a.Tensor = x;
    for (let i = 0; i < 20000; i++) y = a.add(y, 1);
    y.backward();
    expect(numbers(x.grad)).toEqual([1]);
  });

  it('stores gradients of intermediate tensors on request', () => {
    const x = leaf([3]);
    const y = a.mul(x, x).retainGrad().retainGrad();
    const z = a.mul(y, 2);
    a.sum(z).backward();
    expect([y.grad, z.grad, x.grad].map(numbers)).toEqual([[2], null, [12]]);
    expect([x, y].map((t) => t.isLeaf)).toEqual([true, false]);
  });
});

describe('recording', () => {
  it('stops in noGrad, in detach, and for integers', () => {
    const x = leaf([1, 2]);
    const quiet = a.noGrad(() => {
      expect(a.autograd.isGradEnabled()).toBe(false);
      const loud = a.autograd.enableGrad(() => a.exp(x));
      expect(loud.requiresGrad).toBe(true);
      return a.exp(x);
    });
    expect(a.autograd.isGradEnabled()).toBe(true);
    expect(quiet.requiresGrad).toBe(false);
    expect(x.detach().requiresGrad).toBe(false);
    expect(x.detach().storage).toBe(x.storage);
    expect(a.gt(x, 1).requiresGrad).toBe(false);
    a.sum(a.mul(x, x.detach())).backward();
    expect(numbers(x.grad)).toEqual([1, 2]);
  });

  it('resumes after an error, and after a promise', async () => {
    const fail = () => {
      throw new Error('no');
    };
    expect(() => a.noGrad(fail)).toThrow('no');
    expect(a.autograd.isGradEnabled()).toBe(true);
    const x = leaf([1]);
    const y = await a.noGrad(async () => {
      await Promise.resolve();
      return a.exp(x);
    });
    expect([y.requiresGrad, a.autograd.isGradEnabled()]).toEqual([false, true]);
    await expect(a.noGrad(async () => fail())).rejects.toThrow('no');
    expect(a.autograd.isGradEnabled()).toBe(true);
  });

  it('is switched on for leaves of float32 only', () => {
    const x = a.ones([2]);
    expect(a.exp(x).requiresGrad).toBe(false);
    x.requiresGrad = true;
    const y = a.exp(x);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow('requiresGrad: expected a leaf, got the result of an operation; use detach()');
    expect(() => a.ones([2], { dtype: 'int32', requiresGrad: true })).toThrow(
      'requiresGrad: expected float32, got int32',
    );
  });
});

describe('grad', () => {
  it('returns a gradient for each input without storing any', () => {
    const [x, y] = [leaf([2]), leaf([3])];
    const [dy, dx] = grad(a.mul(x, a.mul(y, y)), [y, x]);
    expect([dy, dx].map(numbers)).toEqual([[12], [9]]);
    expect(grad(a.mul(x, x), x).map(numbers)).toEqual([[4]]);
    expect([x, y].map((t) => t.grad)).toEqual([null, null]);
  });

  it('throws if an input does not influence the outputs, unless allowUnused is set', () => {
    const [x, y] = [leaf([2]), leaf([[3]])];
    const product = () => a.mul(x, x);
    const message =
      'grad: expected inputs that influence the outputs, or allowUnused: true for null, got input 1, Tensor(1, 1)';
    expect(() => grad(product(), [x, y])).toThrow(message);
    expect(() => grad(product(), [x, y], { allowUnused: false })).toThrow(message);
    expect(grad(product(), [y, x], { allowUnused: true }).map(numbers)).toEqual([null, [4]]);
  });

  it('returns zeros for an input that the outputs depend on without a gradient', () => {
    const x = leaf([[2, -1]]);
    const [g] = grad(a.sum(a.relu(x)), [x], { createGraph: true });
    const [zero] = grad(a.sum(g), [x]);
    expect([zero.shape, numbers(zero)]).toEqual([
      [1, 2],
      [0, 0],
    ]);
    expect(grad(x, [x], { gradOutputs: [a.tensor([[3, 4]])] }).map(numbers)).toEqual([[3, 4]]);
  });

  it('requires as many gradients as outputs', () => {
    const x = leaf([2]);
    expect(() => grad([a.exp(x), a.sin(x)], [x], { gradOutputs: [a.ones([1])] })).toThrow(
      'grad: expected 2 gradOutputs, one per output, got 1',
    );
  });

  it('accepts intermediate tensors as inputs, and several outputs with weights', () => {
    const x = leaf([2]);
    const y = a.mul(x, x);
    const z = a.mul(y, 3);
    expect(grad([z, y], [y, x], { gradOutputs: [a.tensor([1]), a.tensor([10])] }).map(numbers)).toEqual([[13], [52]]);
    expect(() => grad(z, [x])).toThrow('backward: expected the graph of mul, got one released');
    const w = a.exp(a.mul(x, x));
    const [gy] = grad(a.mul(w, w), [w], { createGraph: true });
    close(numbers(grad(gy, [x])[0]) as number[], [2 * Math.exp(4) * 4], 1e-12, 0);
    expect(() => grad(z, [a.ones([1])])).toThrow(
      'grad: expected inputs that require a gradient, got input 0, Tensor(1)',
    );
  });

  it('computes derivatives of any order with createGraph', () => {
    const x = leaf([0.7]);
    let y = a.sin(a.mul(x, 2));
    const values: number[] = [];
    for (let i = 0; i < 4; i++) {
      [y] = grad(y, [x], { createGraph: true });
      values.push(y.itemSync());
    }
    const at = 1.4;
    close(values, [2 * Math.cos(at), -4 * Math.sin(at), -8 * Math.cos(at), 16 * Math.sin(at)], 1e-12, 0);
  });

  it('can train on a gradient penalty', () => {
    const w = leaf([
      [1, 2],
      [3, 4],
    ]);
    const x = leaf([[0.5, -1]]);
    const [gx] = grad(a.sum(a.tanh(a.matmul(x, w))), [x], { createGraph: true });
    a.sum(a.mul(gx, gx)).backward();
    const check = (ws: a.Tensor) => {
      const [g] = grad(a.sum(a.tanh(a.matmul(x, ws))), [x], { createGraph: true });
      return a.sum(a.mul(g, g));
    };
    const eps = 1e-6;
    const numeric = [0, 1, 2, 3].map((k) => {
      const moved = (by: number) =>
        leaf(
          [
            [1, 2],
            [3, 4],
          ].map((row, i) => row.map((v, j) => (2 * i + j === k ? v + by : v))),
        );
      return (check(moved(eps)).itemSync() - check(moved(-eps)).itemSync()) / (2 * eps);
    });
    close(numbers(w.grad) as number[], numeric, 1e-6, 1e-8);
  });
});

describe('memory', () => {
  const live = () => {
    const { tensors, bytes } = a.memory();
    return { tensors, bytes };
  };

  it('is the same after a training step as before', () => {
    const w = new a.Parameter(a.rand([4, 4]));
    const b = new a.Parameter(a.zeros([4]));
    const step = () =>
      a.scope(() => {
        for (const p of [w, b]) {
          p.grad?.dispose();
          p.grad = null;
        }
        const h = a
          .linear(a.rand([8, 4]), w, b)
          .relu()
          .dropout(0.3);
        const y = a.batchNorm(a.softmax(h), null, null);
        a.crossEntropy(y, a.randint(4, [8])).backward();
        for (const p of [w, b]) p.assign(a.sub(p, a.mul(p.grad as a.Tensor, 0.1)));
      });
    step();
    const after = live();
    for (let i = 0; i < 20; i++) step();
    expect(live()).toEqual(after);
  });

  it('does not grow when gradients accumulate in place', () => {
    const w = new a.Parameter(a.rand([4, 4]));
    const step = () => a.scope(() => a.sum(a.tanh(a.matmul(a.rand([2, 4]), w))).backward());
    step();
    const after = live();
    for (let i = 0; i < 50; i++) step();
    expect(live()).toEqual(after);
  });

  it('of gradients of intermediate tensors is freed during the pass', () => {
    const x = new a.Parameter(a.rand([1000]));
    a.scope(() => {
      let y: a.Tensor = x;
      for (let i = 0; i < 50; i++) y = a.tanh(y);
      const loss = a.sum(y);
      const before = a.memory().bytes;
      a.resetPeakMemory();
      loss.backward();
      // the gradient of x, and at most two more tensors of its size during the pass
      expect(a.memory().bytes).toBe(before + 4000);
      expect(a.memory().peakBytes).toBeLessThanOrEqual(before + 3 * 4000);
    });
  });

  it('of a gradient lives as long as that of its leaf', () => {
    const p = new a.Parameter(a.ones([2]));
    const outer = a.scope(() => {
      const x = leaf([1, 2]);
      a.scope(() => a.sum(a.mul(a.mul(x, p), 3)).backward());
      expect(numbers(x.grad)).toEqual([3, 3]);
      return { x, kept: a.keep(leaf([1])) };
    });
    expect(numbers(p.grad)).toEqual([3, 6]);
    expect(outer.x.released).toBe(false);
    const inner = a.scope(() => {
      const x = leaf([1, 2]);
      a.sum(x).backward();
      return { g: () => x.grad };
    });
    expect(inner.g()).toBeNull();
  });

  it('of results of grad belongs to the enclosing scope', () => {
    const x = leaf([2]);
    const before = live();
    const inside = a.scope(() => {
      const [g] = grad(a.mul(x, x), [x]);
      expect(numbers(g)).toEqual([4]);
      return { g };
    });
    expect(numbers(inside.g)).toEqual([4]);
    inside.g.dispose();
    expect(live()).toEqual(before);
  });

  it('throws an error that names the tensor if it is used after being freed', () => {
    const y = a.scope(() => {
      const x = a.exp(a.ones([2, 3]));
      return () => x;
    })();
    expect(() => a.sum(y)).toThrow('exp: this tensor (2, 3) was freed; keep(t) lets a tensor outlive its scope');
  });
});

describe('Parameter', () => {
  it('is a leaf that outlives scopes and is updated in place', () => {
    const p = a.scope(() => () => new a.Parameter(a.zeros([2])))();
    const inScope = a.scope(() => {
      const made = new a.Parameter(a.tensor([1, 2]));
      return () => made;
    })();
    expect([p.requiresGrad, p.isLeaf, inScope.released]).toEqual([true, true, false]);
    const { storage } = inScope;
    inScope.assign(a.tensor([5, 6]));
    expect([numbers(inScope), inScope.storage === storage]).toEqual([[5, 6], true]);
    expect(() => inScope.assign(a.zeros([3]))).toThrow('assign: expected shape (2), got (3)');
  });
});

describe('gradcheck', () => {
  it('names the input and the element whose gradient is wrong', () => {
    // a function whose gradient omits one factor
    const wrong = (x: a.Tensor, y: a.Tensor) => a.add(x, a.mul(a.where(a.gt(y, 2), y.detach(), y), y));
    const inputs = [a.tensor([1, 2, 3]), a.tensor([1, 1.5, 3])];
    expect(() => a.autograd.gradcheck(wrong, inputs)).toThrow(/as gradient of element 2 of input 1 \(3\), got/);
    expect(a.autograd.gradcheck((x, y) => a.mul(x, y), inputs)).toBe(true);
  });

  it('does not change inputs, device and mode', () => {
    const x = leaf([1, 2]);
    a.noGrad(() => {
      a.autograd.gradcheck((t) => a.exp(t), [x]);
      a.autograd.gradgradcheck((t) => a.exp(t), [x]);
      expect(a.autograd.isGradEnabled()).toBe(false);
    });
    expect([x.grad, numbers(x), a.device()]).toEqual([null, [1, 2], 'reference']);
  });
});
