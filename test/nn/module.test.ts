import '../helpers/reference.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backward } from '../../src/autograd/backward.js';
import { tensor, zeros } from '../../src/autograd/create.js';
import { gradOf, requiresGrad } from '../../src/autograd/graph.js';
import { sum } from '../../src/autograd/ops/math/reduction.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { ReferenceBackend } from '../../src/backends/reference/backend.js';
import { ReleasedError, ValueError } from '../../src/errors.js';
import { ReLU } from '../../src/nn/layers/activations.js';
import { Conv2d } from '../../src/nn/layers/conv2d.js';
import { Flatten } from '../../src/nn/layers/flatten.js';
import { Identity } from '../../src/nn/layers/identity.js';
import { Linear } from '../../src/nn/layers/linear.js';
import { type Layer, Module } from '../../src/nn/module.js';
import { ModuleList } from '../../src/nn/module-list.js';
import { Sequential } from '../../src/nn/sequential.js';
import { registerBackend } from '../../src/tensor/device.js';
import { scope } from '../../src/tensor/memory/scope.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { manualSeed } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';

/** Counts its calls in a buffer and has a scratch buffer that is not saved. */
class Counting extends Module {
  scale = new Parameter(tensor([1, 2]));
  readonly calls = this.registerBuffer('call_count', tensor(new Int32Array(1), { shape: [] }));
  readonly scratch = this.registerBuffer('scratch', zeros([3]), { persistent: false });
  forward(x: Tensor): Tensor {
    return x;
  }
  addBuffer(name: string): void {
    this.registerBuffer(name, zeros([1]));
  }
}

class Net extends Module {
  features = new Sequential(new Conv2d(1, 2, 3, { bias: false }), new ReLU(), new Sequential(new Flatten()));
  head = new Linear(8, 3);
  counting = new Counting();
  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

const values = (t: Tensor): number[] => [...t.dataSync()];

describe('the tree of modules', () => {
  it('names parameters by the path of their fields, in field order', () => {
    const net = new Net();
    const names = ['features.0.weight', 'head.weight', 'head.bias', 'counting.scale'];
    expect([...net.namedParameters().keys()]).toEqual(names);
    expect(net.parameters()).toEqual(
      [net.features[0], net.head, net.head, net.counting].flatMap((m, i) => {
        const fields = m as unknown as Record<string, Parameter>;
        return [i === 2 ? fields.bias : i === 3 ? fields.scale : fields.weight];
      }),
    );
    expect([...net.stateDict().keys()]).toEqual([...names, 'counting.call_count']);
  });

  it('lists buffers, saved or not', () => {
    const net = new Net();
    expect([...net.namedBuffers().keys()]).toEqual(['counting.call_count', 'counting.scratch']);
    expect(net.buffers()).toEqual([net.counting.calls, net.counting.scratch]);
  });

  it('lists children and modules, parents first', () => {
    const net = new Net();
    expect([...net.namedChildren().keys()]).toEqual(['features', 'head', 'counting']);
    expect(net.children()).toEqual([net.features, net.head, net.counting]);
    const paths = ['', 'features', 'features.0', 'features.1', 'features.2', 'features.2.0', 'head', 'counting'];
    expect([...net.namedModules().keys()]).toEqual(paths);
    expect(net.modules()[0]).toBe(net);
  });

  it('lists a shared parameter once, but saves it under both names', () => {
    class Tied extends Module {
      encoder = new Linear(4, 4, { bias: false });
      decoder = new Linear(4, 4);
      again = this.encoder;
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const tied = new Tied();
    tied.decoder.weight = tied.encoder.weight;
    expect([...tied.namedParameters().keys()]).toEqual(['encoder.weight', 'decoder.bias']);
    expect([...tied.namedModules().keys()]).toEqual(['', 'encoder', 'decoder']);
    const saved = ['encoder.weight', 'decoder.weight', 'decoder.bias', 'again.weight'];
    expect([...tied.stateDict().keys()]).toEqual(saved);
    expect(tied.stateDict().get('decoder.weight')).toBe(tied.encoder.weight);
  });

  it('does not follow a field that points back to a parent', () => {
    class Child extends Module {
      inner = new Linear(1, 1);
      parent: Module | null = null;
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    class Parent extends Module {
      child = new Child();
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const parent = new Parent();
    parent.child.parent = parent;
    expect([...parent.stateDict().keys()]).toEqual(['child.inner.weight', 'child.inner.bias']);
  });

  it('rejects a plain array of modules or parameters', () => {
    class Wrong extends Module {
      blocks: unknown[] = [new Identity()];
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const wrong = new Wrong();
    expect(() => wrong.parameters()).toThrow(
      new ValueError("Wrong: expected a ModuleList or fields of their own for 'blocks', got a plain array"),
    );
    wrong.blocks = [new Parameter(zeros([1]))];
    expect(() => wrong.stateDict()).toThrow(ValueError);
    wrong.blocks = [1, 'two', null];
    expect(wrong.parameters()).toEqual([]);
  });

  it('rejects invalid buffer names', () => {
    const counting = new Counting();
    for (const name of ['', 'a.b', 'scratch']) {
      expect(() => counting.addBuffer(name)).toThrow(
        `registerBuffer: expected an unused name without dots, got '${name}'`,
      );
    }
  });

  it('prints as a tree', () => {
    class Tree extends Module {
      list = new ModuleList([new Identity()]);
      seq = new Sequential(
        new Conv2d(2, 4, [3, 1], { stride: 2, padding: [1, 0], groups: 2, dilation: 3 }),
        new ReLU(),
      );
      empty = new Sequential();
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    expect(`${new Tree()}`).toBe(`Tree(
  (list): ModuleList(
    (0): Identity()
  )
  (seq): Sequential(
    (0): Conv2d(2, 4, kernelSize=(3, 1), stride=2, padding=(1, 0), dilation=3, groups=2, bias=true)
    (1): ReLU()
  )
  (empty): Sequential()
)`);
  });
});

describe('train, eval and apply', () => {
  it('reach every module', () => {
    const net = new Net();
    expect(net.modules().every((m) => m.training)).toBe(true);
    expect(net.eval()).toBe(net);
    expect(net.modules().some((m) => m.training)).toBe(false);
    net.features.train();
    expect(net.modules().filter((m) => m.training)).toEqual(net.features.modules());
    expect(
      net
        .train(false)
        .modules()
        .some((m) => m.training),
    ).toBe(false);
  });

  it('visit children before their parent', () => {
    const net = new Net();
    const visited: Module[] = [];
    expect(net.apply((m) => visited.push(m))).toBe(net);
    const { features, head, counting } = net;
    expect(visited).toEqual([
      features[0],
      features[1],
      (features[2] as Sequential)[0],
      features[2],
      features,
      head,
      counting,
      net,
    ]);
  });
});

describe('gradients of a module', () => {
  it('are cleared, freed and frozen', () => {
    const net = new Net();
    backward(sum(net.forward(zeros([2, 1, 4, 4]))));
    const gradients = net.parameters().map(gradOf);
    expect(gradients.map((g) => g !== null)).toEqual([true, true, true, false]);
    net.zeroGrad();
    expect(net.parameters().map(gradOf)).toEqual([null, null, null, null]);
    expect(gradients[0]?.released).toBe(true);
    net.setRequiresGrad(false);
    expect(net.parameters().some(requiresGrad)).toBe(false);
    expect(requiresGrad(net.forward(zeros([1, 1, 4, 4])))).toBe(false);
    expect(net.setRequiresGrad(true).parameters().every(requiresGrad)).toBe(true);
  });
});

describe('memory of a module', () => {
  it('outlives the scope that made it and is freed by dispose', () => {
    const before = memory().bytes;
    const net = scope(() => new Net());
    const bytes = 4 * (18 + 24 + 3 + 2 + 1 + 3);
    expect(memory().bytes - before).toBe(bytes);
    scope(() => backward(sum(net.forward(zeros([1, 1, 4, 4])))));
    net.dispose();
    expect(memory().bytes).toBe(before);
    expect(() => net.forward(zeros([1, 1, 4, 4]))).toThrow(ReleasedError);
  });
});

describe('state dicts', () => {
  it('copy one model into another, exactly and independently', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.boolean(), (seed, plain) => {
        manualSeed(seed);
        const from = new Net();
        const to = new Net();
        from.counting.calls.storage.backend.write(from.counting.calls, [seed]);
        const state = from.stateDict();
        const result = to.loadStateDict(plain ? Object.fromEntries(state) : state);
        expect(result).toEqual({ missing: [], unexpected: [] });
        for (const [name, t] of to.stateDict()) {
          expect(values(t)).toEqual(values(state.get(name)!));
          expect(t).not.toBe(state.get(name));
        }
        from.head.weight.assign(zeros([3, 8]));
        expect(values(to.head.weight)).not.toEqual(values(from.head.weight));
      }),
      { numRuns: 10 },
    );
  });

  it('convert dtypes', () => {
    const counting = new Counting();
    const state = { scale: tensor(Int32Array.of(3, 4)), call_count: tensor(7) };
    counting.loadStateDict(state);
    expect(values(counting.scale)).toEqual([3, 4]);
    expect([counting.calls.dtype, values(counting.calls)]).toEqual(['int32', [7]]);
  });

  it('report everything that does not fit and change nothing', () => {
    const net = new Net();
    const before = [...net.stateDict()].map(([name, t]) => [name, values(t)]);
    const state = new Map(new Net().stateDict());
    state.delete('head.bias');
    state.delete('counting.scale');
    state.set('head.weight', zeros([8, 3]));
    state.set('extra.weight', zeros([1]));
    expect(() => net.loadStateDict(state)).toThrow(
      new ValueError(
        'loadStateDict: expected the tensors of Net, got 2 missing: head.bias, counting.scale; ' +
          '1 unexpected: extra.weight; 1 misshapen: head.weight (8, 3) for (3, 8)',
      ),
    );
    expect(() => net.loadStateDict(state, { strict: false })).toThrow(/got 1 misshapen: head.weight/);
    const text = { ...Object.fromEntries(new Net().stateDict()), 'head.bias': 'text' as unknown as Tensor };
    expect(() => net.loadStateDict(text)).toThrow(/1 misshapen: head.bias \(no tensor\)/);
    const freed = new Net().stateDict();
    freed.get('counting.scale')?.dispose();
    expect(() => net.loadStateDict(freed)).toThrow(ReleasedError);
    expect([...net.stateDict()].map(([name, t]) => [name, values(t)])).toEqual(before);
  });

  it('load partially without strict', () => {
    const net = new Net();
    const state = { 'head.bias': tensor([1, 2, 3]), other: zeros([1]) };
    const { missing, unexpected } = net.loadStateDict(state, { strict: false });
    expect(unexpected).toEqual(['other']);
    expect(missing).toEqual(['features.0.weight', 'head.weight', 'counting.scale', 'counting.call_count']);
    expect(values(net.head.bias!)).toEqual([1, 2, 3]);
  });
});

describe('devices', () => {
  /** A device that can only be read asynchronously. */
  class Remote extends ReferenceBackend {
    override readonly name = 'remote' as 'reference';
    override readSync = undefined as unknown as ReferenceBackend['readSync'];
    override async read(x: Parameters<ReferenceBackend['readSync']>[0]) {
      return new ReferenceBackend().readSync(x);
    }
  }
  registerBackend('remote', () => new Remote());

  it('receive a module with its gradients and buffers, in place', async () => {
    const net = scope(() => new Net());
    scope(() => backward(sum(net.forward(zeros([1, 1, 4, 4])))));
    const tensors = [...net.parameters(), ...net.buffers(), gradOf(net.head.bias!) as Tensor];
    const before = tensors.map(values);
    const there = memory('remote').bytes;
    const here = memory('reference').bytes;
    // from a device that can be read synchronously, the move is complete when `to` returns
    const moving = net.to('remote');
    expect(tensors.map((t) => t.device)).toEqual(tensors.map(() => 'remote'));
    expect(await moving).toBe(net);
    expect(memory('remote').bytes - there).toBe(here - memory('reference').bytes);
    await net.to('reference');
    expect(tensors.map((t) => t.device)).toEqual(tensors.map(() => 'reference'));
    expect(tensors.map(values)).toEqual(before);
    expect(memory('remote').bytes).toBe(there);
    expect(memory('reference').bytes).toBe(here);
    await expect(net.to('nowhere')).rejects.toThrow(/expected one of reference, remote, got 'nowhere'/);
  });

  it('load a state dict from another one, if it can be read synchronously', async () => {
    const net = new Net();
    const remote = new Net();
    await remote.to('remote');
    remote.loadStateDict(net.stateDict());
    await expect(remote.head.bias!.data()).resolves.toEqual(net.head.bias!.dataSync());
    const before = values(net.head.weight);
    expect(() => net.loadStateDict(remote.stateDict())).toThrow(/got remote; use await t\.data\(\)/);
    expect(values(net.head.weight)).toEqual(before);
  });
});

describe('Sequential and ModuleList', () => {
  it('are indexed, iterated and extended', () => {
    const layers: Layer[] = [new Identity(), new ReLU(), new Flatten()];
    const sequential = new Sequential(...layers);
    expect(sequential.length).toBe(3);
    expect([...sequential]).toEqual(layers);
    expect([sequential[1], sequential.at(-1), sequential.at(3)]).toEqual([layers[1], layers[2], undefined]);
    const list = new ModuleList<Linear>();
    expect(list.push(new Linear(1, 1)).push(new Linear(1, 2)).length).toBe(2);
    expect([...list.stateDict().keys()]).toEqual(['0.weight', '0.bias', '1.weight', '1.bias']);
    expect(() => list.forward()).toThrow(/ModuleList: expected a call of its modules/);
    expect(() => new Sequential({} as Layer)).toThrow('Sequential: expected modules, got an object');
  });

  it('keep more than ten items in order', () => {
    const list = new ModuleList(Array.from({ length: 12 }, () => new Linear(1, 1, { bias: false })));
    expect([...list.stateDict().keys()]).toEqual(Array.from({ length: 12 }, (_, i) => `${i}.weight`));
  });

  it('run the layers in order', () => {
    const x = tensor([
      [
        [-1, 2],
        [3, -4],
      ],
    ]);
    expect(new Sequential().forward(x)).toBe(x);
    const y = new Sequential(new ReLU(), new Flatten(), new Identity()).forward(x);
    expect([y.shape, values(y)]).toEqual([
      [1, 4],
      [0, 2, 3, 0],
    ]);
  });
});
