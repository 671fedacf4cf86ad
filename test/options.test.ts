import './helpers/reference.js';
import { describe, expect, it } from 'vitest';
import { ones, tensor } from '../src/autograd/create.js';
import { Parameter } from '../src/autograd/parameter.js';
import * as data from '../src/data/index.js';
import { ValueError } from '../src/errors.js';
import * as io from '../src/io/index.js';
import * as nn from '../src/nn/index.js';
import * as optim from '../src/optim/index.js';
import { count, countPair, nullable, oneOf, optional, text } from '../src/tensor/option-kinds.js';
import { checkArgument, resolveOptions } from '../src/tensor/options.js';
import { profile } from '../src/tensor/profile/profile.js';
import { sourcesUnder, withoutComments } from './helpers/sources.js';

/** Calls a function or constructs an object with an unknown option; null for functions and classes without options. */
type Call = ((unknown: object) => unknown) | null;

const unknown = { betta: 0.9 };
const p = () => new Parameter(tensor([1]));
const sgd = () => new optim.SGD([p()], { lr: 1, momentum: 0.9 });
const images = { images: new Uint8Array(12), labels: [0], shape: [3, 2, 2], classes: ['one'] } as const;

/** One row per function and class that a namespace exports: a new one without a row fails the test. */
const namespaces: readonly (readonly [string, object, Readonly<Record<string, Call>>])[] = [
  [
    'data',
    data,
    {
      BpttLoader: (o) => new data.BpttLoader([1, 2, 3], { batchSize: 1, ...o }),
      DataLoader: (o) => new data.DataLoader(new data.TensorDataset(ones([2])), o),
      ImageDataset: (o) => new data.ImageDataset({ ...images, ...o }),
      Subset: null,
      TensorDataset: null,
      Vocabulary: null,
      batchify: null,
      cacheFolder: null,
      cifar10: (o) => data.cifar10(o),
      cifar100: (o) => data.cifar100({ dir: '.', ...o }),
      cifar100FromBytes: (o) => data.cifar100FromBytes([], o),
      cifar10FromBytes: null,
      imageFolder: (o) => data.imageFolder('.', o),
      mnist: (o) => data.mnist(o),
      mnistFromBytes: null,
      pairwiseLabelNoise: null,
      prepareText: (o) => data.prepareText({ train: 'a' }, o),
      ptb: (o) => data.ptb(o),
      stateOfTheUnion: (o) => data.stateOfTheUnion(o),
      textCorpus: (o) => data.textCorpus({ train: { text: 'a' } }, o),
    },
  ],
  [
    'data.transforms',
    data.transforms,
    {
      centerCrop: null,
      colorJitter: (o) => data.transforms.colorJitter(o),
      compose: null,
      normalize: null,
      randomCrop: (o) => data.transforms.randomCrop(2, o),
      randomHorizontalFlip: null,
      randomResizedCrop: (o) => data.transforms.randomResizedCrop(2, o),
      resize: null,
      toFloat: null,
    },
  ],
  [
    'io',
    io,
    {
      SafetensorsMap: null,
      encodeNpy: (o) => io.encodeNpy(ones([1]), o),
      encodeNpz: (o) => io.encodeNpz({}, o),
      encodeSafetensors: (o) => io.encodeSafetensors({}, o),
      encodeTorch: (o) => io.encodeTorch({}, o),
      loadCheckpoint: null,
      loadNpy: (o) => io.loadNpy(new Uint8Array(), o),
      loadSafetensors: (o) => io.loadSafetensors(new Uint8Array(), o),
      loadTorch: (o) => io.loadTorch(new Uint8Array(), o),
      loadWeights: (o) => io.loadWeights(new Uint8Array(), o),
      openWeights: null,
      saveCheckpoint: null,
      saveNpy: (o) => io.saveNpy('', ones([1]), o),
      saveNpz: (o) => io.saveNpz('', {}, o),
      saveSafetensors: (o) => io.saveSafetensors('', {}, o),
      saveTorch: (o) => io.saveTorch('', {}, o),
      withLock: (o) => io.withLock('', async () => 0, o),
      writeAtomically: null,
    },
  ],
  [
    'nn.init',
    nn.init,
    {
      calculateGain: null,
      constant: null,
      fanInUniform: null,
      fans: null,
      kaimingNormal: (o) => nn.init.kaimingNormal(ones([2, 2]), o),
      kaimingUniform: (o) => nn.init.kaimingUniform(ones([2, 2]), o),
      normal: null,
      ones: null,
      orthogonal: null,
      truncNormal: null,
      uniform: null,
      xavierNormal: null,
      xavierUniform: null,
      zeros: null,
    },
  ],
  [
    'optim',
    optim,
    {
      ...Object.fromEntries(
        optim.names.map((name) => [classOf(name), (o) => optim.create(name, [p()], { lr: 1, ...o })]),
      ),
      ExponentialMovingAverage: (o) => new optim.ExponentialMovingAverage([p()], o),
      // the base class; its subclasses are above
      Optimizer: null,
      clipGradNorm: (o) => optim.clipGradNorm([], 1, o),
      clipGradValue: null,
      create: (o) => optim.create('sgd', [p()], { lr: 1, ...o }),
      defaults: null,
      positiveNegative: (o) => optim.positiveNegative(o),
    },
  ],
  [
    'optim.lr',
    optim.lr,
    {
      CosineAnnealingLR: (o) => new optim.lr.CosineAnnealingLR(sgd(), { tMax: 1, ...o }),
      CosineAnnealingWarmRestarts: (o) => new optim.lr.CosineAnnealingWarmRestarts(sgd(), { t0: 1, ...o }),
      ExponentialLR: (o) => new optim.lr.ExponentialLR(sgd(), { gamma: 1, ...o }),
      LambdaLR: (o) => new optim.lr.LambdaLR(sgd(), { lrLambda: () => 1, ...o }),
      LinearLR: (o) => new optim.lr.LinearLR(sgd(), o),
      MultiStepLR: (o) => new optim.lr.MultiStepLR(sgd(), { milestones: [], ...o }),
      OneCycleLR: (o) => new optim.lr.OneCycleLR(sgd(), { maxLr: 1, totalSteps: 1, ...o }),
      Scheduler: null,
      SequentialLR: (o) => new optim.lr.SequentialLR(sgd(), { schedulers: [], milestones: [], ...o }),
      StepLR: (o) => new optim.lr.StepLR(sgd(), { stepSize: 1, ...o }),
    },
  ],
  ['profile', { profile }, { profile: (o) => profile(() => 0, o) }],
];

function classOf(name: string): string {
  return Object.keys(optim).find((key) => key.toLowerCase() === name) ?? name;
}

describe.each(namespaces)('%s', (_, namespace, rows) => {
  it('has a row here for each function and class', () => {
    const functions = Object.entries(namespace).filter(([, value]) => typeof value === 'function');
    expect(Object.keys(rows).sort()).toEqual(functions.map(([name]) => name).sort());
  });

  it.each(Object.entries(rows).filter(([, call]) => call))('%s rejects an unknown option', async (_, call) => {
    const act = async () => call?.(unknown);
    await expect(act()).rejects.toThrow(ValueError);
    await expect(act()).rejects.toThrow(/^[\w.]+: expected options among [\w, ]+, got 'betta'$/);
  });
});

describe('the check of options', () => {
  const table = { size: countPair(1), mode: oneOf(['a', 'b'], 'a'), steps: count(), name: optional(text()) };

  it('merges options, later ones first, and fills in the defaults', () => {
    expect(resolveOptions('op', table, { steps: 1 })).toEqual({ size: 1, mode: 'a', steps: 1, name: undefined });
    const layered = resolveOptions('op', table, { steps: 1, mode: 'b' }, { steps: 2, mode: undefined });
    expect(layered).toMatchObject({ steps: 2, mode: 'b' });
    expect(resolveOptions('op', table, undefined, { steps: 3 }).steps).toBe(3);
  });

  it.each([
    [{}, 'op: expected option steps to be an integer >= 1, got none'],
    [{ steps: 1.5 }, 'op: expected option steps to be an integer >= 1, got 1.5'],
    [{ steps: 1, size: [1, 0] }, 'op: expected option size to be an integer >= 1 or a pair of them, got [1, 0]'],
    [{ steps: 1, size: [1, 1, 1] }, 'op: expected option size to be an integer >= 1 or a pair of them, got [1, 1, 1]'],
    [{ steps: 1, mode: 'c' }, "op: expected option mode to be 'a' or 'b', got 'c'"],
    [{ steps: 1, name: 1 }, 'op: expected option name to be a string, got 1'],
    [{ step: 1 }, "op: expected options among size, mode, steps, name, got 'step'"],
    [{ steps: 1, constructor: 1 }, "op: expected options among size, mode, steps, name, got 'constructor'"],
    [null, 'op: expected an object with options, got null'],
    [3, 'op: expected an object with options, got 3'],
  ])('rejects %o', (options, message) => {
    expect(() => resolveOptions('op', table, options as object)).toThrow(new ValueError(message));
  });

  it('names arguments', () => {
    expect(checkArgument('op', 'size', countPair(), [2, 3])).toEqual([2, 3]);
    expect(checkArgument('op', 'size', nullable(count()), null)).toBeNull();
    const act = () => checkArgument('op', 'size', nullable(count()), 0);
    expect(act).toThrow(new ValueError('op: expected size to be an integer >= 1, or null, got 0'));
  });

  it('is the only one in src', () => {
    const byHand = [
      // the rest of the options without the known ones
      /Object\.(?:keys|entries)\((?:rest|unknown|others?)\)/,
      /\.\.\.(?:unknown|others?)\s*\}/,
      /expected options?\b/,
      /expected [^`'"]{0,40}\bto be (?:an integer|a positive|a number)/,
    ];
    const found = sourcesUnder('src')
      .filter(({ path }) => !/^src\/tensor\/option(?:s|-kinds)\.ts$/.test(path))
      .flatMap(({ path, text: source }) => {
        const code = withoutComments(source);
        return byHand.filter((pattern) => pattern.test(code)).map((pattern) => `${path}: ${pattern}`);
      });
    expect(found).toEqual([]);
  });
});
