import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { shapes } from '../helpers/arbitraries.js';
import { type Checked, differentiates, input } from './checks.js';

type Context = a.autograd.FunctionContext;

/** e ** x, from the saved output. */
class Exp extends a.autograd.Function {
  forward(ctx: Context, x: a.Tensor) {
    const y = a.exp(x);
    ctx.saveForBackward(y);
    return y;
  }
  backward(ctx: Context, dy: a.Tensor) {
    const [y] = ctx.savedTensors;
    return dy.mul(y);
  }
}

/** factor * x * w and x + w, from saved inputs, with an argument that is not a tensor. */
class Both extends a.autograd.Function {
  factor = 1;
  needed: readonly boolean[] = [];

  forward(ctx: Context, x: a.Tensor, factor: number, w: a.Tensor): [a.Tensor, a.Tensor] {
    this.factor = factor;
    ctx.saveForBackward(x, w);
    return [x.mul(w).mul(factor), x.add(w)];
  }
  backward(ctx: Context, dproduct: a.Tensor, dsum: a.Tensor) {
    const [x, w] = ctx.savedTensors;
    const by = (other: a.Tensor) => dproduct.mul(other).mul(this.factor).add(dsum);
    return [by(w), null, ctx.needsInputGrad[2] ? by(x) : null];
  }
}

/** A function whose backward returns a given value. */
function returning(gradients: (x: a.Tensor) => a.autograd.FunctionGradients) {
  return class Odd extends a.autograd.Function {
    forward(ctx: Context, x: a.Tensor, _scale?: number) {
      ctx.saveForBackward(x);
      return x.mul(2);
    }
    backward(ctx: Context, _dy: a.Tensor) {
      return gradients(ctx.savedTensors[0]);
    }
  };
}

const leaf = (values: a.NestedValues) => a.tensor(values, { requiresGrad: true });
const numbers = (t: a.Tensor | null) => t && Array.from(t.dataSync());

describe('Function', () => {
  differentiates(
    'a function of one tensor',
    shapes({ maxAxes: 3, maxSize: 12 }).map((shape): Checked => ({ shapes: [shape], f: (x) => Exp.apply(x) })),
  );
  differentiates(
    'a function of several tensors and a number, with several results',
    fc
      .tuple(shapes({ maxAxes: 3, maxSize: 12 }), fc.constantFrom(-2, 0.5))
      .map(([shape, factor]): Checked => ({ shapes: [shape, shape], f: (x, w) => Both.apply(x, factor, w) })),
  );

  it('computes the gradients of the built-in operation, to any order', () => {
    const x = leaf([0.5, -1]);
    const [first] = a.autograd.grad(Exp.apply(x).sum(), [x], { createGraph: true });
    const [second] = a.autograd.grad(first.sum(), [x], { createGraph: true });
    const [third] = a.autograd.grad(second.sum(), [x]);
    for (const g of [first, second, third]) expect(numbers(g)).toEqual(numbers(a.exp(x)));
  });

  it('reports which gradients are needed', () => {
    const seen: (readonly boolean[])[] = [];
    class Seen extends a.autograd.Function {
      forward(ctx: Context, x: a.Tensor, text: string, y: a.Tensor) {
        seen.push(ctx.needsInputGrad);
        return a.mul(x, y.mul(text.length));
      }
      backward(ctx: Context, dy: a.Tensor) {
        seen.push(ctx.needsInputGrad);
        return [dy, null, null];
      }
    }
    const x = leaf([1]);
    Seen.apply(x, 'ab', a.ones([1]))
      .sum()
      .backward();
    expect(seen).toEqual([
      [true, false, false],
      [true, false, false],
    ]);
    expect(numbers(x.grad)).toEqual([1]);
    expect(Seen.apply(a.ones([1]), 'ab', a.ones([1])).requiresGrad).toBe(false);
    expect(a.noGrad(() => Exp.apply(x)).requiresGrad).toBe(false);
  });

  it('passes zeros to backward if no gradient arrived', () => {
    const [x, w] = [leaf([2]), leaf([3])];
    const [product] = Both.apply(x, 5, w);
    product.backward();
    expect([x.grad, w.grad].map(numbers)).toEqual([[15], [10]]);
  });

  it('does not record inside forward, and frees what forward does not save or return', () => {
    const x = leaf(Array.from({ length: 1000 }, () => 1));
    let recorded: boolean | undefined;
    class Deep extends a.autograd.Function {
      forward(ctx: Context, t: a.Tensor) {
        let y = t;
        for (let i = 0; i < 20; i++) y = a.tanh(y);
        recorded = y.requiresGrad;
        ctx.saveForBackward(
          a.scope(() => ({ inner: a.cos(y) })).inner,
          a.scope(() => keptInside(ctx, y)),
        );
        return y;
      }
      backward(ctx: Context, dy: a.Tensor) {
        return dy.mul(ctx.savedTensors[0]);
      }
    }
    const keptInside = (ctx: Context, y: a.Tensor) => {
      ctx.saveForBackward(a.sin(y));
      return y;
    };
    a.scope(() => {
      const before = a.memory().bytes;
      const y = Deep.apply(x);
      expect(recorded).toBe(false);
      // the result, which is also saved, and the cosine
      expect(a.memory().bytes - before).toBe(2 * 4000);
      y.sum().backward();
    });
    expect(numbers(x.grad)?.length).toBe(1000);
  });

  it('keeps tensors that are saved in a scope inside forward', () => {
    class Squared extends a.autograd.Function {
      forward(ctx: Context, x: a.Tensor) {
        return a.scope(() => {
          ctx.saveForBackward(x.mul(2));
          return x.mul(x);
        });
      }
      backward(ctx: Context, dy: a.Tensor) {
        return dy.mul(ctx.savedTensors[0]);
      }
    }
    const x = leaf([3]);
    a.scope(() => Squared.apply(x).backward());
    expect(numbers(x.grad)).toEqual([6]);
  });

  it('keeps memory no longer than the scope around it, whether it is recorded or not', () => {
    const x = new a.Parameter(a.rand([10]));
    class Doubled extends a.autograd.Function {
      forward(ctx: Context, t: a.Tensor) {
        ctx.saveForBackward(t.mul(3));
        ctx.saveForBackward(t.mul(2));
        return t.mul(t);
      }
      backward(ctx: Context, dy: a.Tensor) {
        return dy.mul(ctx.savedTensors[0]);
      }
    }
    const step = () => a.scope(() => Doubled.apply(x).sum().backward());
    const idle = () => a.scope(() => a.noGrad(() => Doubled.apply(x)).requiresGrad);
    step();
    const before = a.memory();
    for (let i = 0; i < 10; i++) {
      step();
      idle();
      expect(() => a.scope(() => Doubled.apply(x).backward())).toThrow(a.ShapeError);
    }
    expect({ ...a.memory(), peakBytes: 0 }).toEqual({ ...before, peakBytes: 0 });
  });

  it('is named in the error if a saved tensor was freed or the graph was released', () => {
    const x = leaf([1, 2]);
    const y = a.scope(() => {
      const h = x.mul(2);
      return Both.apply(h, 1, h)[0];
    });
    expect(() => y.sum().backward()).toThrow(
      'Both: expected saved tensor 0 (2) to live until backward, got one that its scope or dispose() freed',
    );
    expect(() => y.sum().backward()).toThrow(a.ReleasedError);
    const z = Exp.apply(x).sum();
    z.backward();
    expect(() => z.backward()).toThrow('released by an earlier backward; use retainGraph');
  });

  it('may return inputs, and results that are not differentiable', () => {
    class Pass extends a.autograd.Function {
      forward(ctx: Context, x: a.Tensor) {
        const steps = a.exp(x);
        ctx.markNonDifferentiable(steps);
        return [x, steps, a.gt(x, 0)] as const;
      }
      backward(_ctx: Context, dx: a.Tensor, dsteps: a.Tensor, dmask: a.Tensor) {
        expect([numbers(dsteps), numbers(dmask)]).toEqual([
          [0, 0],
          [0, 0],
        ]);
        return dx;
      }
    }
    const x = leaf([1, -1]);
    const [y, steps, mask] = Pass.apply(x);
    expect([y, steps, mask].map((t) => t.requiresGrad)).toEqual([true, false, false]);
    expect([x.isLeaf, y.isLeaf, y === x]).toEqual([true, false, false]);
    y.backward(a.tensor([3, 4]));
    expect(numbers(x.grad)).toEqual([3, 4]);
  });

  it('does not free tensors that backward returns without having made them', () => {
    const constant = a.tensor([7, 8]);
    const x = leaf([1, 2]);
    for (const times of [1, 2]) {
      returning(() => constant)
        .apply(x)
        .sum()
        .backward();
      expect(numbers(x.grad)).toEqual([7 * times, 8 * times]);
    }
    expect(numbers(constant)).toEqual([7, 8]);
    expect(
      numbers(
        a.autograd.grad(
          returning((t) => t)
            .apply(x)
            .sum(),
          [x],
        )[0],
      ),
    ).toEqual([1, 2]);
    expect(numbers(x)).toEqual([1, 2]);
  });

  it('has as many gradients in backward as outputs of forward, by type', () => {
    class Odd extends a.autograd.Function {
      forward(_ctx: Context, t: a.Tensor) {
        return t.exp();
      }
      backward(_ctx: Context, dy: a.Tensor, other: a.Tensor) {
        return [dy, other];
      }
    }
    // @ts-expect-error forward returns one tensor, so there is one gradient
    const apply = () => Odd.apply(leaf([1]));
    expect(() => apply().sum().backward()).toThrow('Odd: expected');
  });

  it('is named in the error if gradients do not fit', () => {
    const x = leaf([1, 2]);
    const run = (gradients: unknown, scale?: number) => () => {
      const f = returning(() => gradients as a.Tensor);
      const y = scale === undefined ? f.apply(x) : f.apply(x, scale);
      y.sum().backward();
    };
    const fitting = a.ones([2]);
    expect(run([fitting, fitting])).toThrow(
      'Odd: expected one gradient from backward for each of 1 arguments of forward, got 2',
    );
    expect(run([fitting, null, null])).not.toThrow();
    expect(run(fitting, 3)).toThrow(
      'Odd: expected one gradient from backward for each of 2 arguments of forward, got 1',
    );
    expect(run(a.ones([1]))).toThrow('Odd: expected a gradient of argument 0 (2), got (1)');
    expect(run(a.ones([2], { dtype: 'int32' }))).toThrow('Odd: expected float32, got int32');
    expect(run(undefined)).toThrow('Odd: expected a tensor or null as gradient of argument 0, got undefined');
    expect(run([fitting, fitting], 3)).toThrow('Odd: expected null as gradient of argument 1, which is not a tensor');
    expect(run([fitting, null], 3)).not.toThrow();
    expect(run(null)).not.toThrow();
    class Numeric extends a.autograd.Function {
      forward(_ctx: Context, t: a.Tensor) {
        return t.itemSync() as unknown as a.Tensor;
      }
      backward(_ctx: Context, dy: a.Tensor) {
        return dy;
      }
    }
    expect(() => Numeric.apply(a.ones([1]))).toThrow('Numeric: expected tensors from forward, got 1');
  });

  it('works inside checkpoint', () => {
    const f = (x: a.Tensor) => a.autograd.checkpoint((t) => Exp.apply(a.sin(t)), x);
    expect(a.autograd.gradgradcheck(f, [input([3], 1)])).toBe(true);
  });
});
