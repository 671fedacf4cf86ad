import './devices.js';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { sourcesUnder } from '../helpers/sources.js';

const x = a.ones([2, 2], { requiresGrad: true });
const image = a.ones([1, 1, 4, 4]);
const labels = a.tensor([0, 1], { dtype: 'int32' });
const same = a.formula('y = x', { tensors: ['x', 'y'] });
const total = a.formula('y = sum(x)', { tensors: ['x', 'y'] });

/** A call of every function that takes options, with the given value as its options. */
const calls: Readonly<Record<string, (options: object) => unknown>> = {
  tensor: (o) => a.tensor([1], o),
  zeros: (o) => a.zeros([1], o),
  ones: (o) => a.ones([1], o),
  full: (o) => a.full([1], 2, o),
  empty: (o) => a.empty([1], o),
  arange: (o) => a.arange(3, o),
  linspace: (o) => a.linspace(0, 1, 3, o),
  eye: (o) => a.eye(2, 2, o),
  rand: (o) => a.rand([1], o),
  randn: (o) => a.randn([1], o),
  randint: (o) => a.randint(3, [1], o),
  randperm: (o) => a.randperm(3, o),
  sum: (o) => a.sum(x, 1, o),
  mean: (o) => a.mean(x, 1, o),
  variance: (o) => a.variance(x, 1, o),
  max: (o) => a.max(x, 1, o),
  min: (o) => a.min(x, 1, o),
  prod: (o) => a.prod(x, 1, o),
  argmax: (o) => a.argmax(x, 1, o),
  argmin: (o) => a.argmin(x, 1, o),
  logsumexp: (o) => a.logsumexp(x, 1, o),
  softplus: (o) => a.softplus(x, o),
  dropout: (o) => a.dropout(x, 0.5, o),
  dropout2d: (o) => a.dropout2d(image, 0.5, o),
  oneHot: (o) => a.oneHot(labels, 2, o),
  crossEntropy: (o) => a.crossEntropy(x, labels, o),
  nllLoss: (o) => a.nllLoss(x, labels, o),
  mseLoss: (o) => a.mseLoss(x, x, o),
  l1Loss: (o) => a.l1Loss(x, x, o),
  binaryCrossEntropyWithLogits: (o) => a.binaryCrossEntropyWithLogits(x, x, o),
  conv2d: (o) => a.conv2d(image, a.ones([1, 1, 1, 1]), null, o),
  maxPool2d: (o) => a.maxPool2d(image, 2, o),
  avgPool2d: (o) => a.avgPool2d(image, 2, o),
  batchNorm: (o) => a.batchNorm(x, null, null, null, null, o),
  elementwise: (o) => a.elementwise(same, { x }, o),
  reduce: (o) => a.reduce(total, { x }, o),
  backward: (o) => a.sum(x).backward(undefined, o),
  grad: (o) => a.autograd.grad(a.sum(x), [x], o),
  gradcheck: (o) => a.autograd.gradcheck(a.exp, [a.ones([1])], o),
  gradgradcheck: (o) => a.autograd.gradgradcheck(a.exp, [a.ones([1])], o),
};

/** Misspelt options, and options of other frameworks that users may try. */
const misspelt = ['keepdim', 'label_smoothing', 'strides', 'dtyp', 'create_graph', 'toString', '__proto'];

describe('options', () => {
  it('are listed here for every function of the package that takes options', () => {
    const taking = sourcesUnder('src/autograd').flatMap(({ text }) =>
      [...text.matchAll(/^export function (\w+)(?:<[^(]*>)?\(([\s\S]*?)\): [^\n]*[{;]$/gm)]
        .filter(([, , parameters]) => /\boptions\??:(?![\s\S]*,[\s\S]*:)/.test(parameters))
        .map(([, name]) => name),
    );
    const open = new Set(Object.keys({ ...a, ...a.autograd, ...a.nn.functional, backward: true }));
    expect(new Set(taking.filter((name) => open.has(name)))).toEqual(new Set(Object.keys(calls)));
  });

  it.each(Object.entries(calls))('of %s are known by name', (name, call) => {
    expect(() => call({})).not.toThrow();
    for (const option of misspelt) {
      expect(() => call({ [option]: undefined }), option).toThrow(a.ValueError);
      expect(() => call({ [option]: 1 }), option).toThrow(
        new RegExp(`^${name}: expected options among .*, got '${option}'$`),
      );
    }
    for (const odd of ['sum', true, null]) {
      expect(() => call(odd as unknown as object)).toThrow(
        `${name}: expected an object with options, got ${odd === 'sum' ? "'sum'" : odd}`,
      );
    }
  });

  it('are also checked by methods', () => {
    const odd = { keepdim: true } as object;
    for (const name of ['sum', 'mean', 'variance', 'max', 'min', 'prod', 'argmax', 'argmin', 'logsumexp'] as const) {
      expect(() => x[name](1, odd)).toThrow(`${name}: expected options among keepDim`);
    }
    expect(() => x.softplus(odd)).toThrow("softplus: expected options among beta, threshold, got 'keepdim'");
    expect(() => x.dropout(0.5, odd)).toThrow("dropout: expected options among training, generator, got 'keepdim'");
    expect(() => a.sum(x).backward(undefined, odd)).toThrow(
      'backward: expected options among createGraph, retainGraph',
    );
  });

  it('are checked for the kind of their values', () => {
    const one = { x: 'x' } as unknown as number;
    expect(() => a.sum(x, 1, { keepDim: 1 as unknown as boolean })).toThrow(
      'sum: expected option keepDim to be true or false, got 1',
    );
    expect(() => a.conv2d(image, image, null, { stride: [1, 2, 3] as unknown as a.Pair })).toThrow(
      'conv2d: expected option stride to be an integer >= 1 or a pair of them, got [1, 2, 3]',
    );
    expect(() => a.dropout(x, 0.5, { generator: one as unknown as a.Generator })).toThrow(
      'dropout: expected option generator to be a Generator, got an object',
    );
    expect(() => a.crossEntropy(x, labels, { labelSmoothing: -0.5 })).toThrow(
      'crossEntropy: expected option labelSmoothing in [0, 1], got -0.5',
    );
    expect(() => a.autograd.grad(a.sum(x), [x], { gradOutputs: [1 as unknown as a.Tensor] })).toThrow(
      'grad: expected option gradOutputs to be a list of tensors, got [1]',
    );
  });
});
