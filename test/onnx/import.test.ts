import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { exportOnnx, importOnnx } from '../../src/onnx/index.js';
import { close } from '../helpers/close.js';
import { changed, Float, fileOf, floats, type Graph, longs, node, relu, type Typed, x } from './files.js';

beforeEach(() => a.setDevice('cpu'));

const load = (graph: Graph) => importOnnx(fileOf(graph));

describe('the tensors of an imported file', () => {
  const weight = floats([3, 2], [1, 2, 3, 4, 5, 6]);
  const bias = floats([2], [1, 1]);

  it('are parameters where operators use them as weights, directly or in another form, and buffers elsewhere', async () => {
    const model = await load({
      nodes: [
        node('Transpose', ['dense.weight'], {}, ['t']),
        node('Reshape', ['dense.bias', 'shape'], {}, ['b']),
        node('Gemm', ['x', 't', 'b'], { transB: 1 }, ['z']),
        node('Div', ['z', 'scale'], {}, ['w']),
        node('Sub', ['w', 'one']),
      ],
      inputs: x,
      outputs: ['y'],
      initializers: {
        'dense.weight': weight,
        'dense.bias': bias,
        scale: bias,
        one: floats([], [1]),
        shape: longs([1, 2]),
      },
    });
    expect([...model.namedParameters().keys()]).toEqual(['dense.weight', 'dense.bias']);
    expect([...model.namedBuffers().keys()]).toEqual(['scale']);
    expect([...model.stateDict().keys()].sort()).toEqual(['dense.bias', 'dense.weight', 'scale']);
    expect([...model.forward(a.ones([1, 3])).dataSync()]).toEqual([9, 12]);
  });

  it('are parameters if the file of exportOnnx says so', async () => {
    const scale = new a.Parameter(a.tensor(2));
    const shift = a.tensor([1, 2, 3]);
    const model = new (class extends a.nn.Module {
      scale = scale;
      constructor() {
        super();
        this.registerBuffer('shift', shift);
      }
      forward(t: a.Tensor) {
        return t.sub(scale).add(shift);
      }
    })();
    const back = await importOnnx(await exportOnnx(model, [2, 3]));
    expect([...back.namedParameters().keys()]).toEqual(['scale']);
    expect([...back.namedBuffers().keys()]).toEqual(['shift']);
    back
      .forward(a.ones([2, 3]))
      .sum()
      .backward();
    expect(back.parameters()[0].grad?.itemSync()).toBe(-6);
  });

  it('keep their names, except for what a module has itself', async () => {
    const names = [
      'forward',
      'a.b',
      'a',
      '__proto__.x',
      'training',
      'constructor',
      '',
      '.',
      'a..b',
      'toString',
      'x.y/z:0',
    ];
    names.push('l.'.repeat(100).concat('w'));
    const used = names.filter((name) => name !== '');
    const sum = used.map((name, i) => node('Add', [i === 0 ? 'x' : `s${i - 1}`, name], {}, [`s${i}`]));
    const initializers = Object.fromEntries(used.map((name, i): [string, Typed] => [name, floats([3], [i, 0, 0])]));
    const model = await load({ nodes: sum, inputs: x, outputs: [`s${used.length - 1}`], initializers });
    expect([...model.namedParameters().keys()].sort()).toEqual(
      [
        'forward_',
        'a.b',
        'a_',
        '__proto___.x',
        'training_',
        'constructor_',
        '_._',
        'a._.b',
        'toString_',
        'x.y/z:0',
        `${'l_'.repeat(100)}w`,
      ].sort(),
    );
    expect(model.forward(a.zeros([1, 3])).dataSync()[0]).toBe((used.length * (used.length - 1)) / 2);
    expect(Object.getPrototypeOf(model)).not.toHaveProperty('x');
    expect(({} as { x?: unknown }).x).toBeUndefined();
    expect(String(model)).toMatch(/^OnnxModule\(/);
  });

  it('are on the given device, move with the module, and are freed with it', async () => {
    const graph = {
      nodes: [node('Gemm', ['x', 'w', 'b'])],
      inputs: x,
      outputs: ['y'],
      initializers: { w: weight, b: bias },
    };
    const bytes = fileOf(graph);
    const before = a.memory('cpu');
    const model = await importOnnx(bytes, { device: 'reference' });
    expect(model.parameters().map(({ device }) => device)).toEqual(['reference', 'reference']);
    await model.to('cpu');
    a.scope(() => expect(model.forward(a.ones([1, 3])).device).toBe('cpu'));
    await expect(importOnnx(bytes, { device: 'none' })).rejects.toThrow(a.DeviceError);
    await expect(importOnnx(bytes, { devices: 'cpu' } as object)).rejects.toThrow(a.ValueError);
    model.dispose();
    expect(a.memory('cpu').bytes).toBe(before.bytes);
  });

  it.each([
    ['FLOAT16', 10, [0x3c00, 0xc100, 0x0001, 0x7c00], [1, -2.5, 2 ** -24, Infinity], 2],
    ['BFLOAT16', 16, [0x3f80, 0xc020, 0x7f80, 0x0000], [1, -2.5, Infinity, 0], 2],
    ['UINT16', 4, [1, 65535, 0, 3], [1, 65535, 0, 3], 2],
    ['INT8', 3, [1, 255, 128, 3], [1, -1, -128, 3], 1],
  ] as const)('may be %s', async (_, dataType, words, values, width) => {
    const rawData = new Uint8Array(words.length * width);
    words.forEach((word, i) => {
      for (let k = 0; k < width; k++) rawData[i * width + k] = word >> (8 * k);
    });
    const cast = { ...relu, nodes: [node('Cast', ['t'], { to: 1 }, ['c']), node('Mul', ['x', 'c'])] };
    const bytes = changed(cast, (content) => ({
      ...content,
      graph: { ...content.graph, initializer: [{ name: 't', dims: [4], dataType, rawData }] },
    }));
    const model = await importOnnx(bytes);
    expect([
      ...model
        .forward(a.ones([2, 1]))
        .slice([[0, 1]])
        .dataSync(),
    ]).toEqual([...values]);
  });

  it.each([
    ['floatData', 1, Float32Array.of(1.5, -2), [1.5, -2]],
    ['doubleData', 11, Float64Array.of(1.5, -2), [1.5, -2]],
    ['int32Data', 6, Uint8Array.of(3, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), [3, -2]],
    ['int64Data', 7, Uint8Array.of(3, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f), [3, 2 ** 31 - 1]],
    ['int32Data', 10, Uint8Array.of(0x80, 0x78, 0x80, 0x80, 1), [1, 0.0000000000000001]],
  ] as const)('may have their values in %s, type %i', async (field, dataType, data, values) => {
    const bytes = changed(
      { ...relu, nodes: [node('Cast', ['t'], { to: 1 }, ['c']), node('Mul', ['x', 'c'])] },
      (content) => ({
        ...content,
        graph: {
          ...content.graph,
          initializer: [
            {
              name: 't',
              dims: [2],
              dataType,
              [field]: [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
            },
          ],
        },
      }),
    );
    const y = (await importOnnx(bytes)).forward(a.ones([2, 1])).slice([[0, 1]]);
    expect([...y.dataSync()][0]).toBe(values[0]);
    if (dataType !== 10) expect([...y.dataSync()][1]).toBe(Math.fround(values[1]));
  });
});

describe('an imported module', () => {
  it('drops in training only', async () => {
    const model = await load({
      nodes: [node('Dropout', ['x', 'ratio'])],
      inputs: x,
      outputs: ['y'],
      initializers: { ratio: floats([], [0.5]) },
    });
    const zeros = () =>
      model
        .forward(a.ones([100, 100]))
        .eq(0)
        .sum()
        .itemSync();
    model.eval();
    expect(zeros()).toBe(0);
    model.train();
    expect(Math.abs(zeros() - 5000)).toBeLessThan(500);
  });

  it('normalises in training as BatchNorm2d does, and keeps averages that are no buffers', async () => {
    const values = { w: [1, 2], b: [0, 1], m: [0.5, -1], v: [1, 4] };
    const initializers = Object.fromEntries(Object.entries(values).map(([name, list]) => [name, floats([2], list)]));
    const norm = node('BatchNormalization', ['x', 'w', 'b', 'm', 'v'], { momentum: new Float(0.8) });
    const model = await load({ nodes: [norm], inputs: { x: floats([3, 2], []) }, outputs: ['y'], initializers });
    const own = new a.nn.BatchNorm1d(2, { momentum: 0.2 });
    const names = { weight: 'w', bias: 'b', running_mean: 'm', running_var: 'v' } as const;
    own.loadStateDict(Object.fromEntries(Object.entries(names).map(([name, key]) => [name, a.tensor(values[key])])), {
      strict: false,
    });
    const t = a.randn([5, 2]);
    close(model.forward(t).dataSync(), own.forward(t).dataSync(), 1e-6);
    for (const [name, key] of Object.entries(names)) {
      close(model.stateDict().get(key)?.dataSync() ?? [], own.stateDict().get(name)?.dataSync() ?? [], 1e-6);
    }
    const fixed = await load({
      nodes: [node('Identity', ['m'], {}, ['mean']), node('BatchNormalization', ['x', 'w', 'b', 'mean', 'v'])],
      inputs: { x: floats([3, 2], []) },
      outputs: ['y'],
      initializers,
    });
    expect(fixed.train().forward(t)).toEqual(fixed.eval().forward(t));
  });

  it('names its inputs and outputs, and returns all of them', async () => {
    const model = await load({
      nodes: [node('Split', ['x'], { axis: 1 }, ['p', 'q', 'r'])],
      inputs: x,
      outputs: ['r', 'p', 'x'],
    });
    expect([model.inputNames, model.outputNames]).toEqual([['x'], ['r', 'p', 'x']]);
    const outputs = model.forwardAll(a.tensor([[1, 2, 3]]));
    expect(outputs.map((t) => [...t.dataSync()])).toEqual([[3], [1], [1, 2, 3]]);
    expect([...model.forward(a.tensor([[1, 2, 3]])).dataSync()]).toEqual([3]);
    expect(String(model)).toBe('OnnxModule(x -> r, p, x)');
  });

  it('checks its inputs', async () => {
    const model = await load(relu);
    expect(() => model.forward()).toThrow(new a.ValueError('OnnxModule: expected 1 inputs (x), got 0'));
    expect(() => model.forward(a.ones([3]))).toThrow(
      new a.ShapeError("OnnxModule: expected input 'x' (2, 3), got (3)"),
    );
    expect(() => model.forward(a.ones([2, 3], { dtype: 'int32' }))).toThrow(
      new a.DtypeError("OnnxModule: expected float32 for input 'x', got int32"),
    );
    expect(() => model.forward(3 as never)).toThrow(a.ValueError);
  });

  it('names the node that fails', async () => {
    const model = await load({
      nodes: [node('Relu', ['x'], {}, ['z']), { ...node('MatMul', ['z', 'z']), name: 'product' }],
      inputs: x,
      outputs: ['y'],
    });
    const act = () => model.forward(a.ones([2, 3]));
    expect(act).toThrow(
      "node 1, MatMul 'product': matmul: expected (..., M, K) and (..., K, N), got (2, 3) and (2, 3)",
    );
    expect(act).toThrow(a.ShapeError);
  });

  it('is read from a path, from bytes within others, and from an ArrayBuffer', async () => {
    const bytes = fileOf(relu);
    const folder = mkdtempSync(join(tmpdir(), 'antinode-onnx-'));
    try {
      const path = join(folder, 'relu.onnx');
      writeFileSync(path, bytes);
      const shifted = new Uint8Array(bytes.length + 3);
      shifted.set(bytes, 2);
      for (const file of [path, shifted.subarray(2, 2 + bytes.length), bytes.slice().buffer, Buffer.from(bytes)]) {
        expect([...(await importOnnx(file)).forward(a.tensor([[-1, 2]])).dataSync()]).toEqual([0, 2]);
      }
      await expect(importOnnx(join(folder, 'none.onnx'))).rejects.toThrow(a.FileError);
      writeFileSync(path, bytes.subarray(0, 40));
      await expect(importOnnx(path)).rejects.toThrow(new RegExp(`^${path}: expected`));
      await expect(importOnnx(3 as never)).rejects.toThrow('importOnnx: expected a path or bytes, got 3');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
