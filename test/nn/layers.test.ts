import '../helpers/reference.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../../src/autograd/create.js';
import { randn } from '../../src/autograd/random.js';
import { DtypeError, ShapeError, ValueError } from '../../src/errors.js';
import * as nn from '../../src/nn/index.js';
import { manualSeed } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { axisLength } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';

const F = nn.functional;
const values = (t: Tensor): number[] => [...t.dataSync()];
const shapesOf = (module: nn.Module) => Object.fromEntries([...module.stateDict()].map(([name, t]) => [name, t.shape]));

describe('layers', () => {
  it("have PyTorch's parameter names and shapes", () => {
    expect(shapesOf(new nn.Linear(3, 5))).toEqual({ weight: [5, 3], bias: [5] });
    expect(shapesOf(new nn.Linear(3, 5, { bias: false }))).toEqual({ weight: [5, 3] });
    expect(shapesOf(new nn.Conv2d(4, 6, [3, 5], { groups: 2 }))).toEqual({ weight: [6, 2, 3, 5], bias: [6] });
    expect(shapesOf(new nn.Conv2d(4, 6, 1, { bias: false }))).toEqual({ weight: [6, 4, 1, 1] });
    const statistics = { running_mean: [7], running_var: [7], num_batches_tracked: [] };
    expect(shapesOf(new nn.BatchNorm2d(7))).toEqual({ weight: [7], bias: [7], ...statistics });
    expect([...new nn.BatchNorm2d(7).stateDict().keys()]).toEqual(['weight', 'bias', ...Object.keys(statistics)]);
    expect(shapesOf(new nn.BatchNorm1d(7, { affine: false }))).toEqual(statistics);
    expect(shapesOf(new nn.BatchNorm1d(7, { trackRunningStats: false }))).toEqual({ weight: [7], bias: [7] });
    expect(shapesOf(new nn.LayerNorm([3, 4]))).toEqual({ weight: [3, 4], bias: [3, 4] });
    expect(shapesOf(new nn.LayerNorm(5, { bias: false }))).toEqual({ weight: [5] });
    expect(shapesOf(new nn.LayerNorm(5, { elementwiseAffine: false }))).toEqual({});
    expect(shapesOf(new nn.Embedding(9, 2))).toEqual({ weight: [9, 2] });
  });

  it('start neutral if they normalise', () => {
    for (const layer of [new nn.BatchNorm2d(3), new nn.LayerNorm(3)]) {
      expect([values(layer.weight!), values(layer.bias!)]).toEqual([
        [1, 1, 1],
        [0, 0, 0],
      ]);
    }
    const { runningMean, runningVar, numBatchesTracked } = new nn.BatchNorm2d(2);
    expect([runningMean, runningVar, numBatchesTracked].map((t) => values(t!))).toEqual([[0, 0], [1, 1], [0]]);
    expect(numBatchesTracked?.dtype).toBe('int32');
  });

  it('return outputs of the shapes that PyTorch documents', () => {
    const side = fc.integer({ min: 1, max: 4 });
    const geometry = {
      kernel: side,
      stride: side,
      padding: fc.nat(2),
      dilation: side,
      extent: fc.integer({ min: 9, max: 15 }),
    };
    fc.assert(
      fc.property(fc.record(geometry), ({ kernel, stride, padding, dilation, extent }) => {
        const x = randn([2, 3, extent, extent + 1]);
        const out = (n: number, d: number) => Math.floor((n + 2 * padding - d * (kernel - 1) - 1) / stride) + 1;
        const outUp = (n: number) => {
          const windows = Math.ceil((n + 2 * padding - kernel) / stride) + 1;
          return (windows - 1) * stride >= n + padding ? windows - 1 : windows;
        };
        const conv = new nn.Conv2d(3, 4, kernel, { stride, padding, dilation });
        fc.pre(extent + 2 * padding > dilation * (kernel - 1));
        expect(conv.forward(x).shape).toEqual([2, 4, out(extent, dilation), out(extent + 1, dilation)]);
        fc.pre(2 * padding <= kernel);
        for (const Pool of [nn.MaxPool2d, nn.AvgPool2d]) {
          const pooled = new Pool(kernel, { stride, padding }).forward(x).shape;
          expect(pooled).toEqual([2, 3, out(extent, 1), out(extent + 1, 1)]);
          const cut = new Pool(kernel, { stride, padding, ceilMode: true }).forward(x).shape;
          expect(cut).toEqual([2, 3, outUp(extent), outUp(extent + 1)]);
        }
        for (const Pool of [nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d]) {
          expect(new Pool([1, 2]).forward(x).shape).toEqual([2, 3, 1, 2]);
        }
        expect(new nn.Linear(extent + 1, 2).forward(x).shape).toEqual([2, 3, extent, 2]);
      }),
      { numRuns: 40 },
    );
    expect(new nn.Embedding(5, 7).forward(tensor(Int32Array.of(1, 4, 0))).shape).toEqual([3, 7]);
    expect(new nn.MaxPool2d(2).forward(randn([1, 1, 5, 4])).shape).toEqual([1, 1, 2, 2]);
  });

  it('apply their functions with their parameters', () => {
    manualSeed(7);
    const x = randn([2, 4, 6, 6]);
    const conv = new nn.Conv2d(4, 6, 3, { stride: 2, padding: 1, dilation: 1, groups: 2 });
    close(
      conv.forward(x).dataSync(),
      F.conv2d(x, conv.weight, conv.bias, { stride: 2, padding: 1, groups: 2 }).dataSync(),
      0,
      0,
    );
    const norm = new nn.LayerNorm([6, 6], { eps: 0.1 });
    nn.init.normal(norm.weight!);
    nn.init.normal(norm.bias!);
    close(norm.forward(x).dataSync(), F.layerNorm(x, [6, 6], norm.weight, norm.bias, 0.1).dataSync(), 0, 0);
    const pairs: [nn.Layer, Tensor][] = [
      [new nn.ReLU(), F.relu(x)],
      [new nn.LeakyReLU(0.2), F.leakyRelu(x, 0.2)],
      [new nn.GELU(), F.gelu(x)],
      [new nn.SiLU(), F.silu(x)],
      [new nn.ELU(2), F.elu(x, 2)],
      [new nn.Sigmoid(), F.sigmoid(x)],
      [new nn.Tanh(), F.tanh(x)],
      [new nn.Softplus({ beta: 2, threshold: 3 }), F.softplus(x, { beta: 2, threshold: 3 })],
      [new nn.Softmax(1), F.softmax(x, 1)],
      [new nn.LogSoftmax(), F.logSoftmax(x, -1)],
      [new nn.MaxPool2d([2, 3], { stride: 1, padding: 1 }), F.maxPool2d(x, [2, 3], { stride: 1, padding: 1 })],
      [new nn.AvgPool2d(3, { stride: 2 }), F.avgPool2d(x, 3, { stride: 2 })],
      [new nn.MaxPool2d(4, { ceilMode: true }), F.maxPool2d(x, 4, { ceilMode: true })],
      [new nn.AvgPool2d(4, { ceilMode: true }), F.avgPool2d(x, 4, { ceilMode: true })],
      [new nn.AdaptiveAvgPool2d(4), F.adaptiveAvgPool2d(x, 4)],
      [new nn.AdaptiveMaxPool2d([5, 2]), F.adaptiveMaxPool2d(x, [5, 2])],
      [new nn.Identity(), x],
    ];
    for (const [layer, y] of pairs) {
      const got = layer.forward(x);
      expect(got.shape).toEqual(y.shape);
      close(got.dataSync(), y.dataSync(), 0, 0, { what: `${layer}` });
    }
    const labels = tensor(Int32Array.of(3, 0));
    const logits = randn([2, 5]);
    const target = randn([2, 5]);
    const losses: [Tensor, Tensor][] = [
      [
        new nn.CrossEntropyLoss({ labelSmoothing: 0.2 }).forward(logits, labels),
        F.crossEntropy(logits, labels, { labelSmoothing: 0.2 }),
      ],
      [new nn.NLLLoss({ reduction: 'sum' }).forward(logits, labels), F.nllLoss(logits, labels, { reduction: 'sum' })],
      [new nn.MSELoss().forward(logits, target), F.mseLoss(logits, target)],
      [new nn.L1Loss({ reduction: 'none' }).forward(logits, target), F.l1Loss(logits, target, { reduction: 'none' })],
      [new nn.BCEWithLogitsLoss().forward(logits, target), F.binaryCrossEntropyWithLogits(logits, target)],
    ];
    for (const [got, wanted] of losses) {
      expect(got.shape).toEqual(wanted.shape);
      close(got.dataSync(), wanted.dataSync(), 0, 0);
    }
  });

  it('print what they are', () => {
    const texts: [nn.Module, string][] = [
      [new nn.Linear(3, 4, { bias: false }), 'Linear(3, 4, bias=false)'],
      [new nn.BatchNorm2d(8), 'BatchNorm2d(8, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)'],
      [new nn.LayerNorm([2, 3]), 'LayerNorm((2, 3), eps=0.00001, elementwiseAffine=true)'],
      [new nn.Embedding(10, 3), 'Embedding(10, 3)'],
      [new nn.Dropout(), 'Dropout(p=0.5)'],
      [new nn.Dropout2d(0.1), 'Dropout2d(p=0.1)'],
      [new nn.MaxPool2d(2), 'MaxPool2d(kernelSize=2, stride=2, padding=0)'],
      [
        new nn.AvgPool2d(3, { stride: 2, ceilMode: true }),
        'AvgPool2d(kernelSize=3, stride=2, padding=0, ceilMode=true)',
      ],
      [new nn.AdaptiveAvgPool2d([1, 2]), 'AdaptiveAvgPool2d((1, 2))'],
      [new nn.AdaptiveMaxPool2d(3), 'AdaptiveMaxPool2d(3)'],
      [new nn.Flatten(), 'Flatten(start=1, end=-1)'],
      [new nn.LeakyReLU(), 'LeakyReLU(slope=0.01)'],
      [new nn.ELU(), 'ELU(alpha=1)'],
      [new nn.Softplus(), 'Softplus(beta=1, threshold=20)'],
      [new nn.Softmax(), 'Softmax(axis=-1)'],
      [new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }), 'CrossEntropyLoss(labelSmoothing=0.1)'],
      [new nn.MSELoss(), 'MSELoss()'],
    ];
    for (const [module, text] of texts) expect(`${module}`).toBe(text);
  });

  it('reject invalid sizes and options, naming them', () => {
    const cases: [() => unknown, string][] = [
      [() => new nn.Linear(0, 1), 'Linear: expected inFeatures to be an integer >= 1, got 0'],
      [() => new nn.Linear(1, 2.5), 'Linear: expected outFeatures to be an integer >= 1, got 2.5'],
      [() => new nn.Linear(1, 1, { bais: true } as object), "Linear: expected options among bias, got 'bais'"],
      [
        () => new nn.Conv2d(4, 6, 3, { groups: 3 }),
        'expected groups that divide inChannels 4 and outChannels 6, got 3',
      ],
      [() => new nn.Conv2d(4, 6, 0), 'Conv2d: expected kernelSize to be an integer >= 1 or a pair of them, got 0'],
      [
        () => new nn.Conv2d(4, 6, 1, { padding: [0, -1] }),
        'expected option padding to be an integer >= 0 or a pair of them, got [0, -1]',
      ],
      [() => new nn.Conv2d(4, 6, 1, { pad: 1 } as object), "groups, bias, got 'pad'"],
      [() => new nn.BatchNorm2d(3, { momentum: 2 }), 'BatchNorm2d: expected option momentum in [0, 1], or null, got 2'],
      [() => new nn.BatchNorm1d(3, { eps: -1 }), 'BatchNorm1d: expected option eps >= 0, got -1'],
      [() => new nn.BatchNorm2d(3, { epsilon: 1 } as object), "trackRunningStats, got 'epsilon'"],
      [() => new nn.LayerNorm([3, 0]), 'LayerNorm: expected normalizedShape to be a list of integers >= 1, got [3, 0]'],
      [() => new nn.LayerNorm(3, { eps: Number.NaN }), 'LayerNorm: expected option eps >= 0, got NaN'],
      [() => new nn.Embedding(3, 0), 'Embedding: expected embeddingDim to be an integer >= 1, got 0'],
      [() => new nn.Dropout(1.5), 'Dropout: expected p in [0, 1], got 1.5'],
      [() => new nn.Dropout2d(-0.1), 'Dropout2d: expected p in [0, 1], got -0.1'],
      [
        () => new nn.MaxPool2d(2, { stride: 0 }),
        'MaxPool2d: expected option stride to be an integer >= 1 or a pair of them, got 0',
      ],
      [
        () => new nn.AvgPool2d(2, { pad: 0 } as object),
        "AvgPool2d: expected options among stride, padding, ceilMode, got 'pad'",
      ],
      [
        () => new nn.MaxPool2d(2, { ceilMode: 1 } as object),
        'MaxPool2d: expected option ceilMode to be true or false, got 1',
      ],
      [() => new nn.AdaptiveAvgPool2d([0, 1]), 'AdaptiveAvgPool2d: expected outputSize to be'],
      [() => new nn.AdaptiveMaxPool2d(1.5), 'AdaptiveMaxPool2d: expected outputSize to be'],
      [
        () => new nn.CrossEntropyLoss({ smoothing: 1 } as object),
        "CrossEntropyLoss: expected options among reduction, ignoreIndex, labelSmoothing, got 'smoothing'",
      ],
    ];
    for (const [make, message] of cases) {
      expect(make).toThrow(ValueError);
      expect(make).toThrow(message);
    }
  });

  it('reject inputs that do not fit', () => {
    expect(() => new nn.Linear(3, 2).forward(randn([2, 4]))).toThrow(ShapeError);
    expect(() => new nn.Conv2d(3, 2, 1).forward(randn([2, 4, 5, 5]))).toThrow(/conv2d: expected weight .* in = 4/);
    expect(() => new nn.Embedding(3, 2).forward(randn([2]))).toThrow(DtypeError);
    expect(() => new nn.Embedding(3, 2).forward(tensor(Int32Array.of(3)))).toThrow(ValueError);
    expect(() => new nn.MaxPool2d(3).forward(randn([1, 1, 2, 2]))).toThrow(ShapeError);
  });
});

describe('Dropout', () => {
  it('drops elements with probability p in training and keeps the mean', () => {
    manualSeed(11);
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 0.95, noNaN: true }), (p) => {
        const n = 20_000;
        const y = new nn.Dropout(p).forward(tensor(new Float32Array(n).fill(2))).dataSync();
        let dropped = 0;
        for (const v of y) {
          if (v === 0) dropped++;
          else expect(v).toBeCloseTo(2 / (1 - p), 9);
        }
        // six standard errors
        expect(Math.abs(dropped / n - p)).toBeLessThan(6 * Math.sqrt((p * (1 - p)) / n));
      }),
      { numRuns: 15 },
    );
  });

  it('draws again each time, repeats with the seed, and does nothing in evaluation or for p = 0', () => {
    const x = randn([1000]);
    const dropout = new nn.Dropout(0.3);
    manualSeed(5);
    const first = values(dropout.forward(x));
    expect(values(dropout.forward(x))).not.toEqual(first);
    manualSeed(5);
    expect(values(dropout.forward(x))).toEqual(first);
    expect(dropout.eval().forward(x)).toBe(x);
    expect(new nn.Dropout(0).forward(x)).toBe(x);
    expect(values(new nn.Dropout(1).forward(x)).every((v) => v === 0)).toBe(true);
  });
});

describe('Dropout2d', () => {
  it('drops whole channels, repeats with the seed, and does nothing in evaluation', () => {
    const x = tensor(new Float32Array(40 * 50 * 6).fill(3), { shape: [40, 50, 2, 3] });
    const dropout = new nn.Dropout2d(0.25);
    manualSeed(5);
    const first = values(dropout.forward(x));
    const channels = Array.from({ length: 2000 }, (_, i) => new Set(first.slice(6 * i, 6 * i + 6)));
    expect(channels.every(({ size }) => size === 1)).toBe(true);
    const dropped = channels.filter((channel) => channel.has(0)).length;
    // six standard errors
    expect(Math.abs(dropped / 2000 - 0.25)).toBeLessThan(6 * Math.sqrt((0.25 * 0.75) / 2000));
    expect(new Set(first)).toEqual(new Set([0, 4]));
    expect(values(dropout.forward(x))).not.toEqual(first);
    manualSeed(5);
    expect(values(dropout.forward(x))).toEqual(first);
    expect(dropout.eval().forward(x)).toBe(x);
    expect(() => dropout.train().forward(randn([2, 3, 4]))).toThrow(
      'dropout2d: expected input (B, C, H, W), got (2, 3, 4)',
    );
  });
});

describe('Flatten', () => {
  it('joins axes', () => {
    fc.assert(
      fc.property(fc.array(axisLength(5), { minLength: 2, maxLength: 5 }), (shape) => {
        const size = shape.slice(1).reduce((a, b) => a * b, 1);
        expect(new nn.Flatten().forward(randn(shape)).shape).toEqual([shape[0], size]);
        expect(new nn.Flatten(0).forward(randn(shape)).shape).toEqual([shape[0] * size]);
      }),
    );
  });
});
