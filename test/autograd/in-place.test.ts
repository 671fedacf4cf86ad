import { beforeEach, describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';

const { nn, optim, Parameter } = a;
const numbers = (t: a.Tensor | null) => t && Array.from(t.dataSync());

beforeEach(() => a.manualSeed(1));

describe('a backward pass after an in-place change', () => {
  it('is refused, naming the operation, the tensor and what changed it', () => {
    const w = new Parameter(a.ones([2]));
    const o = new optim.SGD([w], { lr: 1 });
    const loss = w.pow(2).sum();
    w.grad = a.ones([2]);
    o.step();
    w.grad = null;
    expect(() => loss.backward()).toThrow(
      'pow: expected the Parameter (2) that its gradient needs, as it was in the forward pass, got one that SGD has changed in place',
    );
    expect(() => w.pow(2).sum().backward()).not.toThrow();
    expect(numbers(w.grad)).toEqual([0, 0]);
  });

  it('is the usual one if no gradient needs the values', () => {
    const w = new Parameter(a.ones([2]));
    const loss = w.add(1).mul(3).sum();
    w.assign(a.zeros([2]));
    loss.backward();
    expect(numbers(w.grad)).toEqual([3, 3]);
  });

  it('may add to gradients in place, also with several uses and passes', () => {
    const w = new Parameter(a.ones([2]));
    const y = w.mul(w).add(w.mul(w)).sum();
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(numbers(w.grad)).toEqual([8, 8]);
  });

  it('is refused if a checkpoint would compute with other parameters, but not for its own running averages', () => {
    const layer = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4));
    const x = a.randn([5, 3]);
    const loss = () =>
      a.autograd
        .checkpoint((t) => layer.forward(t), x)
        .pow(2)
        .sum();
    const [first, second] = [loss(), loss()];
    first.backward();
    second.backward();
    const third = loss();
    const [{ weight }] = layer as unknown as [a.nn.Linear];
    weight.assign(a.zeros(weight.shape));
    expect(() => third.backward()).toThrow('one that assign has changed in place');
  });

  it('is refused after a change by an optimizer, an average, a state dict and an initialiser', () => {
    const changes: Record<string, (model: a.nn.Linear) => void> = {
      Adam: (model) => {
        for (const p of model.parameters()) p.grad = a.onesLike(p);
        new optim.Adam(model.parameters(), { lr: 0.1 }).step();
        model.zeroGrad();
      },
      loadStateDict: (model) => model.loadStateDict(new nn.Linear(2, 2).stateDict()),
      uniform: (model) => a.noGrad(() => nn.init.uniform(model.weight)),
      constant: (model) => a.noGrad(() => nn.init.constant(model.weight, 1)),
      orthogonal: (model) => a.noGrad(() => nn.init.orthogonal(model.weight)),
    };
    for (const [name, change] of Object.entries(changes)) {
      const model = new nn.Linear(2, 2);
      const x = a.randn([3, 2], { requiresGrad: true });
      const loss = model.forward(x).sum();
      change(model);
      expect(() => loss.backward(), name).toThrow(`linear: expected the Parameter (2, 2) that its gradient needs`);
      expect(() => model.forward(x).sum().backward(), name).not.toThrow();
    }
  });
});
