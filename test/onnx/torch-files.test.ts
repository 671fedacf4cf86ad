import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { importOnnx, type OnnxModule } from '../../src/onnx/index.js';
import { close } from '../helpers/close.js';
import { filled } from '../helpers/fill.js';
import { root } from '../helpers/sources.js';
import { expectSame, exported, reimported } from './trips.js';

interface Case {
  readonly key: string;
  readonly file: string;
  readonly shape: number[];
  readonly output: { readonly shape: number[]; readonly data: number[] };
  readonly grads: Readonly<Record<string, number[]>>;
}

const { cases }: { cases: Case[] } = JSON.parse(readFileSync(join(root, 'test/golden/onnx-files.json'), 'utf8'));
const [images, tokens] = cases;

const load = ({ file }: Case): Promise<OnnxModule> => importOnnx(Buffer.from(file, 'base64'));

function inputOf({ key, shape }: Case): a.Tensor {
  const size = shape.reduce((p, n) => p * n, 1);
  if (key === 'images') return a.tensor(filled(size, 'images/x', -1, 1), { shape });
  return a.tensor(
    Int32Array.from(filled(size, 'tokens/x', 0, 1), (u) => Math.floor(7 * u)),
    { shape },
  );
}

/** The gradients of the sum of the squares of the output, by name. */
function gradients(model: OnnxModule, x: a.Tensor): Map<string, Float32Array> {
  const y = model.forward(x);
  y.mul(y).sum().backward();
  return new Map([...model.namedParameters()].map(([name, p]) => [name, p.grad?.dataSync() as Float32Array]));
}

describe.each(['reference', 'cpu'])('a file that PyTorch exported, on %s', (device) => {
  beforeEach(() => a.setDevice(device));

  it.each(cases)('computes the same outputs: $key', async (each) => {
    const y = (await load(each)).eval().forward(inputOf(each));
    expect(y.shape).toEqual(each.output.shape);
    close(y.dataSync(), each.output.data, 1e-5, 1e-6);
  });

  it('has the parameters and buffers of the model, with the same gradients', async () => {
    const model = (await load(images)).eval();
    const found = gradients(model, inputOf(images));
    expect([...found.keys()].sort()).toEqual(Object.keys(images.grads).sort());
    for (const [name, values] of Object.entries(images.grads)) {
      close(found.get(name) ?? [], values, 1e-4, 1e-5, { what: name });
    }
    const buffers = ['norm', 'block.1'].flatMap((norm) => [`${norm}.running_mean`, `${norm}.running_var`]);
    expect([...model.stateDict().keys()].sort()).toEqual([...found.keys(), ...buffers].sort());
  });

  it('has the same gradients where the exporter has moved the elements of weights', async () => {
    const found = gradients((await load(tokens)).eval(), inputOf(tokens));
    const matrices = [...found].filter(([name]) => name.includes('MatMul'));
    // the exporter transposes them
    const weights = ['qkv.weight', 'head.0.weight', 'head.2.weight'];
    expect(matrices.length).toBe(weights.length);
    const sorted = (values: ArrayLike<number>) => Float64Array.from(values).sort();
    matrices.forEach(([, values], i) => {
      close(sorted(values), sorted(tokens.grads[weights[i]]), 1e-4, 1e-5, { what: weights[i] });
    });
    const recurrent = [...found].filter(([name]) => name.includes('LSTM')).flatMap(([, values]) => [...values]);
    const wanted = Object.entries(tokens.grads).filter(([name]) => name.startsWith('rnn.'));
    close(sorted(recurrent), sorted(wanted.flatMap(([, values]) => values)), 1e-4, 1e-5);
    for (const name of ['embedding.weight', 'norm.weight', 'norm.bias', 'qkv.bias', 'head.0.bias', 'head.2.bias']) {
      close(found.get(name) ?? [], tokens.grads[name], 1e-4, 1e-5, { what: name });
    }
  });

  it.each(cases)('accepts another number of examples, and comes back from another export: $key', async (each) => {
    const model = await load(each);
    const example = inputOf(each);
    const back = await reimported(model, example, { dynamicBatch: true });
    const x = a.cat([example, example, example]);
    expectSame(back, model, [x]);
  });
});

describe('training of a file that PyTorch exported', () => {
  it('normalises with the statistics of the batch, and updates the running averages', async () => {
    await a.setDevice('cpu');
    a.manualSeed(1);
    const model = await load(images);
    const x = a.randn([16, 3, 21, 18]);
    const labels = a.randint(0, 5, [16]);
    const mean = model.stateDict().get('norm.running_mean') as a.Tensor;
    const before = [...mean.dataSync()];
    const optimizer = new a.optim.Adam(model.parameters(), { lr: 0.02 });
    const losses: number[] = [];
    for (let step = 0; step < 30; step++) {
      a.scope(() => {
        optimizer.zeroGrad();
        const loss = a.nn.functional.crossEntropy(model.train().forward(x), labels);
        loss.backward();
        optimizer.step();
        losses.push(loss.itemSync());
      });
    }
    expect(losses.at(-1)).toBeLessThan(losses[0] / 3);
    expect([...mean.dataSync()]).not.toEqual(before);
    model.eval();
    expect(model.forward(x).dataSync()).toEqual(model.forward(x).dataSync());
    expect((await exported(model, x)).graph?.node.map(({ opType }) => opType)).toContain('BatchNormalization');
  });

  it('continues with other parameters in the place of those of the file', async () => {
    await a.setDevice('cpu');
    const model = (await load(images)).eval();
    const head = model.namedModules().get('head') as unknown as { weight: a.Parameter; bias: a.Parameter };
    head.weight = new a.Parameter(a.randn([3, 8]));
    head.bias = new a.Parameter(a.zeros([3]));
    const y = model.forward(inputOf(images));
    expect(y.shape).toEqual([2, 3]);
    y.sum().backward();
    expect(head.weight.grad?.shape).toEqual([3, 8]);
    Object.assign(head, { bias: null });
    expect(() => model.forward(inputOf(images))).toThrow('importOnnx: expected a parameter for head.bias, got null');
  });
});
