import fc from 'fast-check';
import * as a from '../../src/index.js';
import { layers, models } from '../nn/rows.js';
import { choices, sequentialOf } from '../onnx/sequentials.js';
import type { ModelCase } from './antinode.js';

const { nn } = a;

/** Every module of nn, and every model. */
const rows = Object.entries({ ...layers, ...models }).flatMap(([name, { make, inputs }]): ModelCase[] =>
  inputs ? [{ name, make: () => make(), inputs }] : [],
);

const networks = ['resnet18', 'resnet34', 'resnet50', 'vgg16', 'densenet121', 'googlenet'] as const;
const stems = ['cifar', 'imagenet'] as const;
const forms = networks.flatMap((name) => stems.map((stem) => ({ name, stem, title: `${name}, ${stem}` })));

/** Models with more channels, for any number of examples. */
const larger: readonly ModelCase[] = [
  ...forms.map(
    ({ name, stem, title }): ModelCase => ({
      name: title,
      make: () => nn.models[name]({ width: 8, stem }),
      examples: () => [a.ones([1, 3, 64, 64])],
      inputs: () => [a.randn([3, 3, 64, 64])],
      options: { dynamicBatch: true },
    }),
  ),
  ...[0, 1].map(
    (axis): ModelCase => ({
      name: `lstmLanguageModel, any length of axis ${axis}`,
      make: () => nn.models.lstmLanguageModel({ vocabSize: 50, embeddingSize: 12, tieWeights: axis === 0 }),
      examples: () => [a.zeros([3, 3], { dtype: 'int32' })],
      inputs: () => [a.randint(0, 50, axis === 0 ? [9, 3] : [3, 9])],
      options: { dynamicBatch: axis },
    }),
  ),
];

/** Options that a whole model needs. */
const wholeOptions: Readonly<Record<string, object>> = {
  // half its width: it has half a gigabyte of weights
  'vgg16, imagenet': { width: 32 },
  // forward does not use the auxiliary classifiers, so they are not in the file
  'googlenet, imagenet': { auxLogits: false },
};

/** Models as large as they are used. */
const whole: readonly ModelCase[] = [
  ...forms.map(
    ({ name, stem, title }): ModelCase => ({
      name: `whole ${title}`,
      make: () => nn.models[name]({ stem, ...wholeOptions[title] }),
      inputs: () => [a.randn(stem === 'cifar' ? [2, 3, 32, 32] : [1, 3, 96, 96])],
      comesBack: true,
    }),
  ),
  {
    name: 'whole lstmLanguageModel',
    make: () => nn.models.lstmLanguageModel({ vocabSize: 10_000, embeddingSize: 200 }),
    inputs: () => [a.randint(0, 10_000, [35, 4])],
    comesBack: true,
  },
];

/** Random sequences of layers, for versions 17 to 21. */
const random = fc.sample(choices, { numRuns: 100, seed: 1 }).map((choice, i): ModelCase => {
  const opset = 17 + (i % 5);
  return {
    name: `sequence ${i} in version ${opset}: ${JSON.stringify(choice)}`,
    make: () => sequentialOf(choice).model,
    inputs: () => [a.randn(choice.shape)],
    options: { dynamicBatch: choice.dynamic, opset },
  };
});

/** What onnxruntime runs. */
export const modelCases: readonly ModelCase[] = [...rows, ...larger, ...whole, ...random];
