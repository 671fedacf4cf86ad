import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AntinodeError,
  type Dtype,
  manualSeed,
  memory,
  nn,
  noGrad,
  ones,
  profile,
  rand,
  randn,
  ShapeError,
  scope,
  setDeviceSync,
  type Tensor,
  ValueError,
  zeros,
} from '../../src/index.js';
import { layers, models } from './rows.js';

setDeviceSync('cpu');

const { summary } = nn;
const row = ({ rows }: nn.ModelSummary, name: string) => rows.find((each) => each.name === name) as nn.SummaryRow;

/** Bytes that a forward pass of a training step leaves in use. */
function keptBytes(model: nn.Module, inputs: readonly Tensor[]): number {
  const before = memory().bytes;
  return scope(() => {
    (model.forward as (...given: readonly Tensor[]) => unknown)(...inputs);
    return memory().bytes - before;
  });
}

describe('the summary of a model for ImageNet', () => {
  // multiply-adds as fvcore and the papers count them; parameters of torchvision, here without auxiliary classifiers
  it.each([
    ['resnet18', 1.81e9, 11_689_512],
    ['resnet34', 3.66e9, 21_797_672],
    ['resnet50', 4.09e9, 25_557_032],
    ['vgg16', 15.5e9, 138_365_992],
    ['densenet121', 2.83e9, 7_978_856],
    ['googlenet', 1.5e9, 6_624_904],
  ] as const)('has the known multiply-adds and parameters: %s', async (name, multiplyAdds, parameters) => {
    const options: nn.models.GoogLeNetOptions = { stem: 'imagenet', ...(name === 'googlenet' && { auxLogits: false }) };
    const model = nn.models[name](options);
    const found = await summary(model, [1, 3, 224, 224]);
    expect(Number(found.multiplyAdds.toPrecision(3))).toBe(multiplyAdds);
    expect(found.parameters).toBe(parameters);
    expect(found.trainableParameters).toBe(parameters);
    expect(found.rows[0].outputShapes).toEqual([[1, 1000]]);
    expect(found.rows.map((each) => each.name)).toEqual([...model.namedModules().keys()]);
    model.dispose();
  });
});

/** Two layers, one of which is called twice, and one that is not called at all. */
class Twice extends nn.Module {
  readonly shared = new nn.Linear(4, 4);
  readonly unused = new nn.Conv2d(1, 1, 3);
  readonly bare = new nn.Linear(4, 2, { bias: false });
  override forward(x: Tensor): { readonly y: Tensor; readonly others: readonly Tensor[] } {
    const z = this.shared.forward(this.shared.forward(x).relu());
    return { y: nn.functional.linear(z, this.bare.weight), others: [z, x] };
  }
}

describe('the rows of a summary', () => {
  it('include modules that are called several times, never, or only for their parameters', async () => {
    const found = await summary(new Twice(), [3, 4]);
    expect(found.rows.map(({ name, type, depth, calls }) => [name, type, depth, calls])).toEqual([
      ['', 'Twice', 0, 1],
      ['shared', 'Linear', 1, 2],
      ['unused', 'Conv2d', 1, 0],
      ['bare', 'Linear', 1, 0],
    ]);
    expect(row(found, 'shared')).toMatchObject({ multiplyAdds: 2 * 3 * 16, parameters: 20, outputShapes: [[3, 4]] });
    expect(row(found, 'unused')).toMatchObject({ multiplyAdds: 0, parameters: 10, outputShapes: [] });
    expect(found.multiplyAdds).toBe(2 * 3 * 16 + 3 * 8);
    expect(found.rows[0].outputShapes).toEqual([
      [3, 2],
      [3, 4],
      [3, 4],
    ]);
  });

  it('count a call of a base class as a part of the call', async () => {
    const found = await summary(new nn.Sequential(new Doubled(2, 3), new nn.Linear(3, 1)), [5, 2]);
    expect(row(found, '0')).toMatchObject({ type: 'Doubled', calls: 1, multiplyAdds: 30, activationBytes: 2 * 60 });
    expect(row(found, '1')).toMatchObject({ calls: 1, multiplyAdds: 15 });
  });

  it('count shared and frozen parameters once', async () => {
    const model = nn.models.lstmLanguageModel({ vocabSize: 7, embeddingSize: 5, tieWeights: true });
    model.encoder.setRequiresGrad(false);
    const found = await summary(model, [4, 3], { dtype: 'int32' });
    const all = model.parameters().reduce((sum, p) => sum + p.size, 0);
    expect(found.parameters).toBe(all);
    expect(found.trainableParameters).toBe(all - 35);
    expect(row(found, 'encoder').trainableParameters).toBe(0);
    // each token: both products of two layers of four gates, and the decoder
    expect(found.multiplyAdds).toBe(4 * 3 * (2 * 2 * 4 * 25 + 35));
    expect(found.rows[0].outputShapes).toEqual([
      [4, 3, 7],
      [2, 3, 5],
      [2, 3, 5],
    ]);
  });

  it('count multiply-adds of convolutions and products of any shape', async () => {
    const small = fc.integer({ min: 1, max: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ groups: small, perGroup: small, outPerGroup: small, kernel: small, stride: small, batch: small }),
        fc.boolean(),
        async ({ groups, perGroup, outPerGroup, kernel, stride, batch }, bias) => {
          const [planes, out] = [groups * perGroup, groups * outPerGroup];
          const conv = new nn.Conv2d(planes, out, kernel, { groups, stride, padding: 1, bias });
          const model = new nn.Sequential(conv, new nn.Flatten(2), new nn.Linear(conv1dSize(6), 5), new nn.ReLU());
          const side = Math.floor((6 + 2 - kernel) / stride) + 1;
          function conv1dSize(size: number): number {
            return (Math.floor((size + 2 - kernel) / stride) + 1) ** 2;
          }
          const found = await summary(model, [batch, planes, 6, 6]);
          const products = batch * out * side ** 2 * perGroup * kernel ** 2;
          expect(row(found, '0').multiplyAdds).toBe(products);
          expect(row(found, '2').multiplyAdds).toBe(batch * out * side ** 2 * 5);
          expect(found.multiplyAdds).toBe(products + batch * out * side ** 2 * 5);
          model.dispose();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('tell the memory that a training step keeps', async () => {
    const models: [nn.Module, readonly number[], Dtype?][] = [
      [nn.models.resnet18({ width: 4 }), [2, 3, 32, 32]],
      [nn.models.densenet121({ width: 4 }), [2, 3, 16, 16]],
      [nn.models.densenet121({ width: 4, memoryEfficient: true }), [2, 3, 16, 16]],
      [nn.models.vgg16({ width: 4, dropout: 0.5 }), [2, 3, 32, 32]],
      [nn.models.vgg16({ width: 4 }).eval(), [2, 3, 32, 32]],
      [nn.models.googlenet({ width: 4, memoryEfficient: true }), [2, 3, 32, 32]],
      [nn.models.lstmLanguageModel({ vocabSize: 9, embeddingSize: 8 }), [5, 2], 'int32'],
    ];
    for (const [model, shape, dtype] of models) {
      const { forward } = Object.getPrototypeOf(model);
      const found = await summary(model, shape, { dtype });
      expect(found.activationBytes).toBe(keptBytes(model, [zeros(shape, { dtype })]));
      expect(found.inputBytes).toBe(4 * shape.reduce((a, b) => a * b));
      expect(found.modelBytes).toBe([...model.stateDict().values()].reduce((sum, t) => sum + 4 * t.size, 0));
      const bytesOfChildren = found.rows.filter(({ depth }) => depth === 1).map((each) => each.activationBytes);
      expect(bytesOfChildren.reduce((a, b) => a + b)).toBeLessThanOrEqual(found.activationBytes);
      expect(Object.getPrototypeOf(model).forward).toBe(forward);
      model.dispose();
    }
  });

  it('show a ReLU that batch normalisation computes, and the memory of the pass that they share', async () => {
    const model = new nn.Sequential(new nn.BatchNorm2d(3), new nn.ReLU(), new nn.ReLU());
    const x = randn([2, 3, 4, 4]);
    const found = await summary(model, x);
    expect(found.rows.map(({ calls, outputShapes: [shape] }) => [calls, shape])).toEqual(
      [1, 1, 1, 1].map((calls) => [calls, [2, 3, 4, 4]]),
    );
    expect(row(found, '1').activationBytes).toBe(0);
    expect(found.activationBytes).toBe(keptBytes(model, [x]));
    expect(row(found, '0').activationBytes + row(found, '2').activationBytes).toBe(found.activationBytes);
  });
});

/** Calls the forward of its base class. */
class Doubled extends nn.Linear {
  override forward(x: Tensor): Tensor {
    return super.forward(x).mul(2);
  }
}

describe('the summary of every layer and model', () => {
  const rows = Object.entries({ ...layers, ...models }).filter(([, { inputs }]) => inputs);

  it.each(rows)('tells the shapes that it returns and the memory that it keeps: %s', async (name, { make, inputs }) => {
    const [model, xs] = [make(), inputs?.() ?? []];
    const found = await summary(model, xs);
    expect(found.rows[0]).toMatchObject({ type: model.constructor.name, calls: 1 });
    expect(found.rows[0].outputShapes).toEqual(noGrad(() => tensorsOf(model.forward(...(xs as never[])))).map(shapeOf));
    expect(found.activationBytes, name).toBe(keptBytes(model, xs));
    expect(`${found}`.split('\n').every((line) => line.length <= 80)).toBe(true);
  });

  const shapeOf = (t: Tensor) => t.shape;
  const tensorsOf = (result: unknown) => [result].flat(5) as Tensor[];
});

/** A module whose forward is a field, with a buffer and a random number. */
class Noisy extends nn.Module {
  readonly steps = this.registerBuffer('steps', zeros([1]));
  readonly norm = new nn.BatchNorm2d(2);
  readonly fails: boolean;
  constructor(fails = false) {
    super();
    this.fails = fails;
  }
  override forward = (x: Tensor): Tensor => {
    nn.init.constant(this.steps, 5);
    const y = this.norm.forward(x.add(rand(x.shape)));
    if (this.fails) throw new ValueError('no');
    return y;
  };
}

describe('after a summary', () => {
  it.each([false, true])('a model and random numbers are as before, also after an error: %j', async (fails) => {
    const model = new Noisy(fails);
    const { forward } = model;
    model.norm.eval();
    const state = () => [...model.stateDict()].map(([name, t]) => [name, [...t.dataSync()]]);
    const before = { state: state(), bytes: memory().bytes, tensors: memory().tensors };
    manualSeed(3);
    const next = rand([4]).dataSync();
    for (const training of [true, false]) {
      model.train(training);
      manualSeed(3);
      const made = summary(model, [2, 2, 3, 3]);
      if (fails) await expect(made).rejects.toThrow('no');
      else expect((await made).rows).toHaveLength(2);
      expect(scope(() => [...rand([4]).dataSync()])).toEqual([...next]);
      expect([model.training, model.norm.training]).toEqual([training, training]);
      expect(state()).toEqual(before.state);
    }
    expect(model.parameters().map((p) => p.grad)).toEqual([null, null]);
    expect(Object.hasOwn(model, 'forward') && model.forward).toBe(forward);
    expect(Object.hasOwn(model.norm, 'forward') || Object.hasOwn(model.norm, 'forwardWithNext')).toBe(false);
    expect(memory().bytes).toBe(before.bytes + next.byteLength);
  });

  it('a gradient can be computed that a forward before it recorded', async () => {
    const model = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2));
    await scope(async () => {
      const loss = model.forward(randn([2, 1, 5, 5])).sum();
      await summary(model, [2, 1, 5, 5]);
      loss.backward();
    });
    expect(model.parameters().every((p) => p.grad !== null)).toBe(true);
  });
});

describe('the inputs of a summary', () => {
  class Both extends nn.Module {
    readonly embedding = new nn.Embedding(3, 4);
    override forward(x: Tensor, tokens: Tensor): Tensor {
      return x.add(this.embedding.forward(tokens));
    }
  }

  it('may be several shapes and tensors, of several dtypes', async () => {
    const model = new Both();
    const shapes = [[2, 4], [2]];
    const given: [readonly nn.SummaryInput[], readonly Dtype[]][] = [
      [shapes, ['float32', 'int32']],
      [
        [ones([2, 4]), [2]],
        ['float32', 'int32'],
      ],
      [[[2, 4], zeros([2], { dtype: 'int32' })], ['float32']],
    ];
    for (const [inputs, dtype] of given) {
      const found = await summary(model, inputs, { dtype });
      expect(found.rows[0].outputShapes).toEqual([[2, 4]]);
      expect(found.inputBytes).toBe(4 * 10);
    }
    expect((await summary(new nn.Identity(), [[]])).rows[0].outputShapes).toEqual([[]]);
  });

  it('are on the device of the model', async () => {
    const model = await new nn.Linear(2, 3).to('reference');
    const found = await summary(model, [5, 2]);
    expect(found).toMatchObject({ multiplyAdds: 30, activationBytes: 4 * 15 });
    await expect(summary(model, [5, 2], { device: 'cpu' })).rejects.toThrow(AntinodeError);
    expect((await summary(new nn.ReLU(), [3], { device: 'reference' })).activationBytes).toBe(12);
  });

  it('are checked, as are options and what forward returns', async () => {
    const model = new nn.Linear(2, 3);
    class Later extends nn.Module {
      override async forward(): Promise<never> {
        throw new Error('later');
      }
    }
    const cases: [Promise<unknown>, new (text: string) => Error, string][] = [
      [summary({} as nn.Module, [2]), ValueError, 'summary: expected a module, got an object'],
      [summary(model, 2 as never), ValueError, 'summary: expected a shape or tensor for each input, got 2'],
      [summary(model, [[2], 'x'] as never), ValueError, "a shape or tensor for each input, got [[2], 'x']"],
      [summary(model, [2.5]), ShapeError, 'summary: expected'],
      [summary(model, [[2], [2]], { dtype: ['int32'] }), ValueError, 'a dtype for input 1, got a list of 1'],
      [summary(model, [2], { dtype: 'half' as Dtype }), ValueError, 'summary: expected option dtype to be'],
      [summary(model, [2], { depth: -1 }), ValueError, 'summary: expected option depth to be an integer >= 0, got -1'],
      [summary(model, [5, 4]), ShapeError, 'linear'],
      [summary(new Later(), [2]), ValueError, 'a forward that returns tensors, got a promise of Later'],
    ];
    for (const [made, type, message] of cases) {
      const error: Error = await made.then(
        () => new Error('none'),
        (caught) => caught,
      );
      expect(error).toBeInstanceOf(type);
      expect(error.message).toContain(message);
    }
    const within = profile(() => summary(model, [5, 2]));
    await expect(within).rejects.toThrow('summary: expected the profile being made to end first, got another one');
    expect((await profile(() => 1)).result).toBe(1);
  });
});

describe('the text of a summary', () => {
  it('is a table of the modules down to a depth', async () => {
    const block = () => new nn.Sequential(new nn.Linear(300, 300), new nn.ReLU());
    const model = new nn.Sequential(block(), new nn.Sequential(block(), block()), new nn.Linear(300, 10));
    model.at(2)?.setRequiresGrad(false);
    expect(`${await summary(model, [64, 300], { depth: 1 })}`).toBe(
      [
        'layer            output     parameters  mult-adds    memory',
        '-----------------------------------------------------------',
        'Sequential       (64, 10)      273,910     17.5 M   453 KiB',
        '  0: Sequential  (64, 300)      90,300     5.76 M   150 KiB',
        '  1: Sequential  (64, 300)     180,600     11.5 M   300 KiB',
        '  2: Linear      (64, 10)        3,010      192 k  2.50 KiB',
        '-----------------------------------------------------------',
        'parameters: 273,910, of which 3,010 are not trained',
        'multiply-adds: 17.5 M',
        'memory: model 1.04 MiB, input 75.0 KiB, kept for backward 453 KiB',
      ].join('\n'),
    );
    const lines = (depth?: number) => summary(model, [1, 300], { depth }).then((made) => `${made}`.split('\n').length);
    expect(await Promise.all([lines(0), lines(2), lines()])).toEqual([7, 14, 18]);
  });

  it('shows several calls, outputs and modules that are not called', async () => {
    const text = `${await summary(new Twice(), [3, 4])}`;
    expect(text).toMatch(/^ {2}shared: Linear x2 {2}\(3, 4\) {24}20 {9}96 {4}96 B$/m);
    expect(text).toMatch(/^ {2}unused: Conv2d {35}10$/m);
    expect(text).toMatch(/^Twice {16}\(3, 2\), \(3, 4\), \(3,…/m);
  });

  it('has at most 80 columns', async () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '_'), minLength: 1, maxLength: 60 });
    const names = fc.uniqueArray(name, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 200 }),
        async (path, axes, n) => {
          let model: nn.Layer = new nn.Linear(n, n);
          for (const each of path) model = Object.assign(new nn.Sequential(model), { [each]: new nn.Identity() });
          const lines = `${await summary(model, [...new Array(axes).fill(2), n], { depth: 9 })}`.split('\n');
          expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
          expect(lines).toHaveLength(3 + model.modules().length + 3);
          model.dispose();
        },
      ),
      { numRuns: 50 },
    );
  });
});
