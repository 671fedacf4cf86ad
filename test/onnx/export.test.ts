import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.js';
import * as a from '../../src/index.js';
import { exportOnnx, saveOnnx } from '../../src/onnx/index.js';
import { Computing, exported, operatorCounts, outputsOf, reimported } from './trips.js';

beforeEach(() => a.setDevice('cpu'));

/** The declared lengths of inputs or outputs, by name. */
function shapesOf(infos: NonNullable<Awaited<ReturnType<typeof exported>>['graph']>['input'] | undefined) {
  return Object.fromEntries(
    (infos ?? []).map(({ name, type }) => {
      return [name, type?.tensorType?.shape?.dim.map(({ dimValue, dimParam }) => dimParam ?? dimValue ?? null)];
    }),
  );
}

describe('the operators of a file', () => {
  it.each([
    ['resnet18', { Conv: 20, BatchNormalization: 20, Relu: 17, Add: 8, GlobalAveragePool: 1, Flatten: 1, Gemm: 1 }],
    ['resnet34', { Conv: 36, BatchNormalization: 36, Relu: 33, Add: 16, GlobalAveragePool: 1, Flatten: 1, Gemm: 1 }],
    ['resnet50', { Conv: 53, BatchNormalization: 53, Relu: 49, Add: 16, GlobalAveragePool: 1, Flatten: 1, Gemm: 1 }],
  ] as const)('are those of the layers of %s', async (name, counts) => {
    expect(operatorCounts(await exported(a.nn.models[name]({ width: 2 }), [1, 3, 16, 16]))).toEqual(counts);
  });

  it('are one per layer for normalisation, pooling and embeddings', async () => {
    const { nn } = a;
    const counts = async (model: a.nn.Module, inputs: Parameters<typeof exportOnnx>[1]) =>
      operatorCounts(await exported(model, inputs));
    expect(await counts(new nn.LayerNorm([4, 5]), [2, 4, 5])).toEqual({ LayerNormalization: 1 });
    expect(await counts(new nn.LayerNorm(5, { elementwiseAffine: false }), [2, 4, 5])).toEqual({
      LayerNormalization: 1,
    });
    expect(await counts(new nn.BatchNorm1d(4, { affine: false }), [2, 4])).toEqual({ BatchNormalization: 1 });
    expect(await counts(new nn.MaxPool2d(3, { stride: 2, padding: 1 }), [2, 4, 9, 9])).toEqual({ MaxPool: 1 });
    expect(await counts(new nn.AvgPool2d(2), [2, 4, 9, 9])).toEqual({ AveragePool: 1 });
    expect(await counts(new nn.Linear(4, 5), [2, 3, 4])).toEqual({ Reshape: 2, Gemm: 1 });
    expect(await counts(new nn.Embedding(4, 5), a.zeros([2, 3], { dtype: 'int32' }))).toEqual({ Gather: 1 });
    const gru = await counts(new nn.GRU(4, 5), [6, 2, 4]);
    expect(gru.GRU).toBe(1);
  });

  it('take parameters and buffers by their names in the state dict', async () => {
    const model = new a.nn.Sequential(new a.nn.Conv2d(3, 4, 3), new a.nn.BatchNorm2d(4), new a.nn.Flatten());
    const { graph, metadataProps } = await exported(model, [1, 3, 6, 6]);
    const [conv, norm] = graph?.node ?? [];
    expect(conv.input).toEqual(['input', '0.weight', '0.bias']);
    expect(norm.input.slice(1)).toEqual(['1.weight', '1.bias', '1.running_mean', '1.running_var']);
    expect(graph?.initializer.map(({ name }) => name).sort()).toEqual(
      [...conv.input, ...norm.input].filter((name) => /^\d/.test(name)).sort(),
    );
    expect(metadataProps).toEqual([
      { key: 'antinode.parameters', value: JSON.stringify(['0.weight', '0.bias', '1.weight', '1.bias']) },
    ]);
    const weight = graph?.initializer.find(({ name }) => name === '0.weight');
    expect(weight?.dims).toEqual([4, 3, 3, 3]);
    const bytes = weight?.rawData as Uint8Array;
    expect([...new Float32Array(bytes.slice().buffer)]).toEqual([...(model[0] as a.nn.Conv2d).weight.dataSync()]);
  });

  it('leave out what does not influence the outputs', async () => {
    const unused = new a.nn.Linear(3, 3);
    const model = Object.assign(
      new Computing((x) => {
        unused.forward(x);
        return x.mul(2);
      }),
      { unused },
    );
    const { graph } = await exported(model, [2, 3]);
    expect(graph?.node.map(({ opType }) => opType)).toEqual(['Mul']);
    expect(graph?.initializer.map(({ name }) => name)).toEqual(['constant_0']);
  });

  it('are computed once if the model computes the same again', async () => {
    const counts = operatorCounts(await exported(new Computing((x) => x.exp().add(x.exp()).mul(x.exp())), [2]));
    expect(counts).toEqual({ Exp: 1, Add: 1, Mul: 1 });
  });

  it('give reductions their axes as the version demands', async () => {
    const model = new Computing((x) => [x.sum(1), x.max(0), x.mean(0)]);
    for (const [opset, attributes, inputs] of [
      [17, 4, 4],
      [18, 3, 6],
      [21, 3, 6],
    ] as const) {
      const { graph, opsetImport } = await exported(model, [2, 3], { opset });
      const reductions = graph?.node.filter(({ opType }) => opType?.startsWith('Reduce')) ?? [];
      expect(opsetImport).toEqual([{ domain: '', version: opset }]);
      // keepdims, and axes where they are no input
      expect(reductions.flatMap(({ attribute }) => attribute).length).toBe(attributes === 4 ? 5 : 3);
      expect(reductions.flatMap(({ input }) => input).length).toBe(inputs);
      const back = await reimported(model, [2, 3], { opset });
      const x = a.randn([2, 3]);
      expect(outputsOf(back, [x])).toEqual(outputsOf(model, [x]));
    }
  });
});

describe('the inputs and outputs of a file', () => {
  it('have the lengths of the example', async () => {
    const { graph } = await exported(new Computing((x, y) => [x.matmul(y), x.sum()]), [[2, 3], a.ones([3, 4])]);
    expect(shapesOf(graph?.input)).toEqual({ input0: [2, 3], input1: [3, 4] });
    expect(shapesOf(graph?.output)).toEqual({ output0: [2, 4], output1: [] });
  });

  it('have the given names', async () => {
    const model = new Computing((x) => x.neg());
    const { graph } = await exported(model, [2], { inputNames: ['x'], outputNames: ['y'] });
    expect([shapesOf(graph?.input), shapesOf(graph?.output)]).toEqual([{ x: [2] }, { y: [2] }]);
    await expect(exportOnnx(model, [2], { inputNames: ['x', 'y'] })).rejects.toThrow(
      "exportOnnx: expected 1 different inputNames that no parameter or buffer has, got ['x', 'y']",
    );
    await expect(exportOnnx(new a.nn.Linear(2, 2), [1, 2], { outputNames: ['weight'] })).rejects.toThrow(/outputNames/);
  });

  it('have names that no tensor of the model has', async () => {
    const input = new a.Parameter(a.ones([1]));
    const model = Object.assign(new Computing((x) => x.add(input)), { input });
    await expect(exportOnnx(model, [1])).rejects.toThrow(/^exportOnnx: expected 1 different inputNames/);
    const { graph } = await exported(model, [1], { inputNames: ['x'] });
    expect(graph?.node[0].input).toEqual(['x', 'input']);
  });

  it('may be each other, or parameters, or the same', async () => {
    const p = new a.Parameter(a.ones([2]));
    const model = Object.assign(new Computing((x) => [x, p, x.relu(), x.relu().reshape([2, 1])]), { p });
    const back = await reimported(model, [2]);
    const x = a.tensor([-1, 2]);
    expect(outputsOf(back, [x]).map((t) => t.shape)).toEqual([[2], [2], [2], [2, 1]]);
    expect([...outputsOf(back, [x])[3].dataSync()]).toEqual([0, 2]);
  });

  it('have any length along one axis with dynamicBatch', async () => {
    const model = new a.nn.Sequential(
      new a.nn.Conv2d(3, 4, 3),
      new a.nn.ReLU(),
      new a.nn.Flatten(),
      new a.nn.Linear(64, 2),
    );
    for (const example of [[1, 3, 6, 6], a.ones([5, 3, 6, 6])]) {
      const { graph } = await exported(model, example, { dynamicBatch: true });
      expect(shapesOf(graph?.input)).toEqual({ input: ['batch', 3, 6, 6] });
      expect(shapesOf(graph?.output)).toEqual({ output: ['batch', 2] });
    }
    const { graph } = await exported(new Computing((x) => [x.flatten(), x.expand([3, ...x.shape])]), [7, 2], {
      dynamicBatch: 0,
    });
    expect(shapesOf(graph?.output)).toEqual({ output0: ['2 * batch'], output1: [3, 'batch', 2] });
  });

  it('cannot have any length if the model depends on it', async () => {
    const message =
      /^exportOnnx: expected a model that computes the same for any number of examples, or dynamicBatch: false, got one in which .* depends on it$/;
    const refused: ((x: Tensor) => unknown)[] = [
      (x) => x.add(x.shape[0]),
      (x) => x.add(a.arange(x.shape[0]).cast('float32').unsqueeze(1)),
      (x) => (x.shape[0] > 2 ? x : x.exp()),
      (x) => x.slice([[0, x.shape[0] - 1]]),
    ];
    for (const f of refused) {
      await expect(exportOnnx(new Computing(f), [1, 3], { dynamicBatch: true })).rejects.toThrow(message);
    }
    await expect(exportOnnx(new Computing((x) => x), [3], { dynamicBatch: 1 })).rejects.toThrow(
      'exportOnnx: expected inputs with examples along axis 1, got (3)',
    );
  });

  it('is right for any number of examples', async () => {
    const model = new Computing((x) => [
      x.mean(0),
      x.flip(0),
      x.slice([[1, null]]),
      x.reshape([-1]),
      a.zeros(x.shape).sum(1),
      a.cat([x, x]),
    ]);
    const back = await reimported(model, [1, 3], { dynamicBatch: true });
    for (const n of [1, 2, 5]) {
      const x = a.randn([n, 3]);
      expect(outputsOf(back, [x])).toEqual(outputsOf(model, [x]));
    }
  });
});

/** The gradient of pooling, within a forward. */
function gradientInside(x: Tensor): Tensor {
  const { enableGrad, grad } = a.autograd;
  const leaf = a.tensor(
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ],
    { requiresGrad: true },
  );
  const [dy] = enableGrad(() => grad(a.nn.functional.maxPool2d(leaf, 2).sum(), [leaf]));
  return x.add(dy.flatten());
}

describe('exportOnnx', () => {
  it.each([
    ['a module', () => exportOnnx({} as a.nn.Module, [1])],
    ['a tensor or shape for each input', () => exportOnnx(new a.nn.ReLU(), [])],
    ['a tensor or shape for each input', () => exportOnnx(new a.nn.ReLU(), ['x'] as never)],
    ['a shape of integers', () => exportOnnx(new a.nn.ReLU(), [-1])],
    ['option opset to be 17 or 18', () => exportOnnx(new a.nn.ReLU(), [1], { opset: 9 })],
    ['option dynamicBatch to be true, false or an axis', () => exportOnnx(new a.nn.ReLU(), [1], { dynamicBatch: -1 })],
    ['options among', () => exportOnnx(new a.nn.ReLU(), [1], { opsets: 9 } as object)],
    ['a path', () => saveOnnx(3 as never, new a.nn.ReLU(), [1])],
  ] as const)('expects %s', async (wanted, act) => {
    await expect(act()).rejects.toThrow(new RegExp(`(export|save)Onnx: expected ${wanted}`));
    await expect(act()).rejects.toThrow(a.AntinodeError);
  });

  it.each([
    ['returns no tensor', () => 3, 'a forward that returns tensors, got 3'],
    ['returns a promise', async (x: Tensor) => x, 'a forward that returns tensors, got'],
    ['reads values', (x: Tensor) => (x.sum().itemSync() > 0 ? x : x.neg()), 'a forward that does not read values'],
    [
      'draws random numbers',
      (x: Tensor) => a.nn.functional.dropout(x),
      'operations of inference that ONNX has, got random',
    ],
    ['computes gradients of windows', gradientInside, 'operations of inference that ONNX has, got maxPool2dGrad'],
  ])('refuses a model that %s, and leaves everything as it was', async (_, f, message) => {
    const model = Object.assign(new Computing(f as never), { inner: new a.nn.LSTM(2, 2) });
    model.inner.eval();
    await expect(exportOnnx(model, [4])).rejects.toThrow(`exportOnnx: expected ${message}`);
    expect([model.training, model.inner.training]).toEqual([true, false]);
    expect(Object.hasOwn(model.inner, 'layer')).toBe(false);
    expect(
      a
        .tensor([1, 2])
        .add(a.rand([2]))
        .dataSync()[0],
    ).toBeGreaterThanOrEqual(1);
  });

  it('passes on what forward throws', async () => {
    await expect(exportOnnx(new a.nn.Linear(3, 2), [1, 4])).rejects.toThrow(/^linear: expected weight/);
  });

  it('runs the model in evaluation mode, without gradients and without leaks, and restores its mode', async () => {
    const seen: unknown[] = [];
    const norm = new a.nn.BatchNorm1d(2);
    const model = Object.assign(
      new Computing((x) => {
        const y = norm.forward(x.sub(norm.runningMean));
        seen.push([model.training, norm.training, y.requiresGrad]);
        return y;
      }),
      { norm },
    );
    norm.eval();
    const before = a.memory();
    await exportOnnx(model, [3, 2], { dynamicBatch: true });
    expect(seen).toEqual([
      [false, false, false],
      [false, false, false],
    ]);
    expect([model.training, norm.training]).toEqual([true, false]);
    expect(a.memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });

  it('includes tensors that the model holds without registering them, and those that it keeps from a call to the next', async () => {
    const mask = a.tensor([1, 0, 1]);
    const kept: { scale?: Tensor } = {};
    const model = new Computing((x) => {
      kept.scale ??= a.keep(a.full([3], 2).add(1));
      return x.mul(mask).mul(kept.scale);
    });
    for (let call = 0; call < 2; call++) {
      const back = await reimported(model, [2, 3]);
      expect([...outputsOf(back, [a.ones([1, 3])])[0].dataSync()]).toEqual([3, 0, 3]);
      expect(back.parameters()).toEqual([]);
    }
  });

  it('exports a model on a device that cannot be read synchronously', async () => {
    await a.setDevice('gpu:cpu');
    const model = a.nn.models.lstmLanguageModel({ vocabSize: 5, embeddingSize: 3, numLayers: 1 });
    const tokens = a.randint(0, 5, [4, 2]);
    const bytes = await exportOnnx(model, tokens);
    await model.to('cpu');
    await a.setDevice('cpu');
    expect(Buffer.from(await exportOnnx(model, a.zeros([4, 2], { dtype: 'int32' }))).equals(bytes)).toBe(true);
  });

  it('does not disturb a profile that is being made', async () => {
    const model = new a.nn.Linear(3, 2);
    const measured = await a.profile(async () => (await exportOnnx(model, [1, 3])).length);
    expect(measured.result).toBeGreaterThan(100);
    expect(measured.table()).toContain('matmul');
    expect(model.forward(a.ones([1, 3])).shape).toEqual([1, 2]);
  });
});

describe('saveOnnx', () => {
  it('writes the bytes that exportOnnx returns', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'antinode-onnx-'));
    try {
      const model = new a.nn.Linear(3, 2);
      await saveOnnx(join(folder, 'model.onnx'), model, [1, 3]);
      expect(readFileSync(join(folder, 'model.onnx')).equals(await exportOnnx(model, [1, 3]))).toBe(true);
      await expect(saveOnnx(join(folder, 'none', 'model.onnx'), model, [1, 3])).rejects.toThrow(a.FileError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
