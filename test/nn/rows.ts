import { tensor } from '../../src/autograd/create.js';
import { randn } from '../../src/autograd/random.js';
import * as nn from '../../src/nn/index.js';
import type { Tensor } from '../../src/tensor/tensor.js';

/** How to make a module that nn exports, and inputs for it. */
export interface Row {
  /** Makes one. `options` are merged into its options, if it has any. */
  make(options?: object): nn.Module;
  /** False if it has no options. Default true. */
  readonly options?: false;
  /** Inputs of forward; absent if forward cannot be called. */
  inputs?(): Tensor[];
}

const vectors = () => [randn([3, 4])];
const images = () => [randn([2, 4, 5, 5])];
const sequences = () => [randn([3, 2, 4])];
const targets = () => [randn([3, 4]), randn([3, 4])];
const labelled = () => [randn([3, 4]), tensor(Int32Array.of(0, 3, 1))];
const tokens = () => [tensor(Int32Array.of(0, 1, 2, 3), { shape: [2, 2] })];

/** One row per class of nn that can be constructed. */
export const layers: Readonly<Record<string, Row>> = {
  AdaptiveAvgPool2d: { make: () => new nn.AdaptiveAvgPool2d(2), options: false, inputs: images },
  AdaptiveMaxPool2d: { make: () => new nn.AdaptiveMaxPool2d(2), options: false, inputs: images },
  AvgPool2d: { make: (options) => new nn.AvgPool2d(2, options), inputs: images },
  BCEWithLogitsLoss: { make: (options) => new nn.BCEWithLogitsLoss(options), inputs: targets },
  BatchNorm1d: { make: (options) => new nn.BatchNorm1d(4, options), inputs: vectors },
  BatchNorm2d: { make: (options) => new nn.BatchNorm2d(4, options), inputs: images },
  Conv2d: { make: (options) => new nn.Conv2d(4, 6, 3, options), inputs: images },
  CrossEntropyLoss: { make: (options) => new nn.CrossEntropyLoss(options), inputs: labelled },
  Dropout: { make: () => new nn.Dropout(0.2), options: false, inputs: vectors },
  Dropout2d: { make: () => new nn.Dropout2d(0.2), options: false, inputs: images },
  ELU: { make: () => new nn.ELU(2), options: false, inputs: vectors },
  Embedding: { make: () => new nn.Embedding(4, 3), options: false, inputs: tokens },
  Flatten: { make: () => new nn.Flatten(), options: false, inputs: images },
  GELU: { make: () => new nn.GELU(), options: false, inputs: vectors },
  GRU: { make: (options) => new nn.GRU(4, 3, options), inputs: sequences },
  GRUCell: { make: (options) => new nn.GRUCell(4, 3, options), inputs: vectors },
  Identity: { make: () => new nn.Identity(), options: false, inputs: vectors },
  L1Loss: { make: (options) => new nn.L1Loss(options), inputs: targets },
  LSTM: { make: (options) => new nn.LSTM(4, 3, options), inputs: sequences },
  LSTMCell: { make: (options) => new nn.LSTMCell(4, 3, options), inputs: vectors },
  LayerNorm: { make: (options) => new nn.LayerNorm(4, options), inputs: vectors },
  LeakyReLU: { make: () => new nn.LeakyReLU(), options: false, inputs: vectors },
  Linear: { make: (options) => new nn.Linear(4, 3, options), inputs: vectors },
  LogSoftmax: { make: () => new nn.LogSoftmax(), options: false, inputs: vectors },
  MSELoss: { make: (options) => new nn.MSELoss(options), inputs: targets },
  MaxPool2d: { make: (options) => new nn.MaxPool2d(2, options), inputs: images },
  ModuleList: { make: () => new nn.ModuleList([new nn.Linear(4, 3)]), options: false },
  NLLLoss: { make: (options) => new nn.NLLLoss(options), inputs: labelled },
  RNN: { make: (options) => new nn.RNN(4, 3, options), inputs: sequences },
  RNNCell: { make: (options) => new nn.RNNCell(4, 3, options), inputs: vectors },
  ReLU: { make: () => new nn.ReLU(), options: false, inputs: vectors },
  Sequential: { make: () => new nn.Sequential(new nn.Linear(4, 3)), options: false, inputs: vectors },
  SiLU: { make: () => new nn.SiLU(), options: false, inputs: vectors },
  Sigmoid: { make: () => new nn.Sigmoid(), options: false, inputs: vectors },
  Softmax: { make: () => new nn.Softmax(), options: false, inputs: vectors },
  Softplus: { make: (options) => new nn.Softplus(options), inputs: vectors },
  Tanh: { make: () => new nn.Tanh(), options: false, inputs: vectors },
};

const pictures = () => [randn([2, 3, 8, 8])];
const larger = () => [randn([2, 3, 32, 32])];

/** One row per class and function of nn.models. */
export const models: Readonly<Record<string, Row>> = {
  BasicBlock: { make: () => new nn.models.BasicBlock(4, 6, 2), options: false, inputs: images },
  Bottleneck: { make: () => new nn.models.Bottleneck(4, 2, 2), options: false, inputs: images },
  DenseNet: {
    make: (options) => new nn.models.DenseNet([1, 2, 1, 1], { width: 3, ...options }),
    inputs: pictures,
  },
  GoogLeNet: { make: (options) => new nn.models.GoogLeNet({ width: 2, ...options }), inputs: pictures },
  LSTMLanguageModel: {
    make: (options) => new nn.models.LSTMLanguageModel({ vocabSize: 4, embeddingSize: 3, ...options }),
    inputs: tokens,
  },
  ResNet: {
    make: (options) => new nn.models.ResNet(nn.models.BasicBlock, [1, 1, 1, 1], { width: 2, ...options }),
    inputs: pictures,
  },
  VGG: { make: (options) => new nn.models.VGG([1, 1, 1, 1, 1], { width: 2, ...options }), inputs: larger },
  densenet121: { make: (options) => nn.models.densenet121({ width: 1, ...options }), inputs: pictures },
  googlenet: { make: (options) => nn.models.googlenet({ width: 1, ...options }), inputs: pictures },
  lstmLanguageModel: {
    make: (options) => nn.models.lstmLanguageModel({ vocabSize: 4, embeddingSize: 3, ...options }),
    inputs: tokens,
  },
  resnet18: { make: (options) => nn.models.resnet18({ width: 1, ...options }), inputs: pictures },
  resnet34: { make: (options) => nn.models.resnet34({ width: 1, ...options }), inputs: pictures },
  resnet50: { make: (options) => nn.models.resnet50({ width: 1, ...options }), inputs: pictures },
  vgg16: { make: (options) => nn.models.vgg16({ width: 1, ...options }), inputs: larger },
};
