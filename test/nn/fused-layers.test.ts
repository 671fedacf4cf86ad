import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';

const { nn } = a;

beforeEach(() => a.setDeviceSync('cpu'));

const bits = (tensors: readonly (a.Tensor | null)[]) => tensors.map((t) => t && Array.from(t.dataSync()));

/** Gives every batch normalisation a forward of its own, which computes the same. */
function separate<M extends a.nn.Module>(model: M): M {
  for (const module of model.modules()) {
    if (!(module instanceof nn.BatchNorm2d)) continue;
    const forward = module.forward.bind(module);
    module.forward = (x) => forward(x);
  }
  return model;
}

/** The results of training and of evaluation, the gradients and the state. */
function outcomes(model: a.nn.Layer, x: a.Tensor) {
  const trained = model.forward(x);
  a.sum(a.mul(trained, trained)).backward();
  const gradients = model.parameters().map((p) => p.grad);
  const evaluated = a.noGrad(() => model.eval().forward(x));
  return bits([trained, evaluated, x.grad, ...gradients, ...model.stateDict().values()]);
}

/** The outcomes of a model with fused and with separate layers. */
function compared(make: () => a.nn.Layer, shape: readonly number[]) {
  return [(model: a.nn.Layer) => model, separate].map((prepare) => {
    a.manualSeed(5);
    return a.scope(() => outcomes(prepare(make()), a.randn(shape, { requiresGrad: true })));
  });
}

describe('a residual network with fused layers', () => {
  it.each(['resnet18', 'resnet50'] as const)('gives the bits of separate layers: %s', (kind) => {
    const [fused, unfused] = compared(() => nn.models[kind]({ width: 2 }), [4, 3, 16, 16]);
    expect(fused).toEqual(unfused);
  });

  it('keeps two tensors fewer for each sum, and one for each other ReLU', () => {
    const kept = (prepare: (net: a.nn.Layer) => a.nn.Layer) =>
      a.scope(() => {
        const net = prepare(nn.models.resnet18({ width: 4 }));
        const before = a.memory().bytes;
        net.forward(a.ones([2, 3, 8, 8]));
        return a.memory().bytes - before;
      });
    // the stem and four stages of two blocks, each with half as many elements as the one before
    const elements = 2 * 4 * 8 * 8 * (1 + 6 * (1 + 1 / 2 + 1 / 4 + 1 / 8));
    expect(kept(separate) - kept((net) => net)).toBe(4 * elements);
  });

  it('adds a shortcut that broadcasts', () => {
    a.manualSeed(6);
    const { layer1 } = nn.models.resnet18({ width: 2 });
    const block = layer1[0] as unknown as Readonly<Record<'conv1' | 'bn1' | 'conv2' | 'bn2' | 'shortcut', a.nn.Layer>>;
    block.shortcut.forward = () => a.ones([1]);
    const x = a.randn([2, 2, 4, 4]);
    const inner = block.bn1.forward(block.conv1.forward(x)).relu();
    const expected = block.bn2.forward(block.conv2.forward(inner)).add(1).relu();
    expect(bits([layer1[0].forward(x)])).toEqual(bits([expected]));
  });
});

describe('batch normalisation and ReLU in Sequential', () => {
  it('give the bits of separate layers', () => {
    const sizes = fc.tuple(...[4, 3, 9, 9].map((max) => fc.integer({ min: 2, max })));
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 4 }), (shape, channels) => {
        const make = () =>
          new nn.Sequential(
            new nn.Conv2d(shape[1], channels, 1),
            new nn.BatchNorm2d(channels),
            new nn.ReLU(),
            new nn.BatchNorm2d(channels),
            new nn.ReLU(),
            new nn.ReLU(),
            new nn.BatchNorm2d(channels),
          );
        const [fused, unfused] = compared(make, shape);
        expect(fused).toEqual(unfused);
      }),
      { numRuns: 20 },
    );
  });

  it('keep one tensor fewer than separate layers', () => {
    const kept = (prepare: (model: a.nn.Layer) => a.nn.Layer) =>
      a.scope(() => {
        const model = prepare(new nn.Sequential(new nn.BatchNorm2d(3), new nn.ReLU()));
        const before = a.memory().bytes;
        model.forward(a.ones([2, 3, 4, 4]));
        return a.memory().bytes - before;
      });
    expect(kept(separate) - kept((model) => model)).toBe(4 * 2 * 3 * 4 * 4);
  });

  /** Makes the layers so that the forward of one of them is `changed`, and returns how to undo that. */
  const replacements: Readonly<Record<string, (changed: Changed) => readonly [a.nn.BatchNorm2d, a.nn.ReLU, Undo?]>> = {
    'a method of the normalisation': (changed) => [ownForward(new nn.BatchNorm2d(3), changed), new nn.ReLU()],
    'a method of the ReLU': (changed) => [new nn.BatchNorm2d(3), ownForward(new nn.ReLU(), changed)],
    'a subclass of the normalisation': (changed) => {
      class Norm extends nn.BatchNorm2d {
        override forward(x: a.Tensor): a.Tensor {
          return changed(super.forward(x));
        }
      }
      return [new Norm(3), new nn.ReLU()];
    },
    'a subclass of ReLU': (changed) => {
      class Shifted extends nn.ReLU {
        override forward(x: a.Tensor): a.Tensor {
          return changed(super.forward(x));
        }
      }
      return [new nn.BatchNorm2d(3), new Shifted()];
    },
    'the prototype of the normalisation': (changed) => {
      ownForward(nn.BatchNorm2d.prototype, changed);
      const undo = () => delete (nn.BatchNorm2d.prototype as Partial<a.nn.BatchNorm2d>).forward;
      return [new nn.BatchNorm2d(3), new nn.ReLU(), undo];
    },
    'the prototype of ReLU': (changed) => {
      const { forward } = nn.ReLU.prototype;
      ownForward(nn.ReLU.prototype, changed);
      return [new nn.BatchNorm2d(3), new nn.ReLU(), () => Object.assign(nn.ReLU.prototype, { forward })];
    },
  };

  it.each(Object.entries(replacements))('call a forward that was replaced by %s', (_, replace) => {
    let calls = 0;
    const [norm, relu, undo] = replace((y) => {
      calls++;
      return y.sub(0.5);
    });
    try {
      const x = a.randn([2, 3, 4, 4]);
      const y = new nn.Sequential(norm, relu).forward(x);
      expect(calls).toBe(1);
      expect(bits([y])).toEqual(bits([relu.forward(norm.forward(x))]));
    } finally {
      undo?.();
    }
  });
});

type Changed = (y: a.Tensor) => a.Tensor;
type Undo = () => unknown;

/** Replaces the forward of a layer, or of all layers with this prototype, by one that also applies `changed`. */
function ownForward<M extends a.nn.Layer>(layer: M, changed: Changed): M {
  const { forward } = layer;
  return Object.assign(layer, {
    forward(this: M, x: a.Tensor) {
      return changed(forward.call(this, x));
    },
  });
}
