export type { LSTMState } from '../autograd/ops/recurrent/lstm.js';
export type { RecurrentNonlinearity } from '../autograd/ops/recurrent/rnn.js';
export type { RecurrentWeights } from '../autograd/ops/recurrent/sequence.js';
export { Parameter } from '../autograd/parameter.js';
/** Layers and losses as functions. */
export * as functional from './functional.js';
/** Initialisers, which fill a tensor in place. */
export * as init from './init.js';
export {
  type AlongAxis,
  ELU,
  GELU,
  LeakyReLU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from './layers/activations.js';
export { type BatchNorm, BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './layers/batch-norm.js';
export { Conv2d, type Conv2dOptions } from './layers/conv2d.js';
export { Dropout, Dropout2d, type DropoutBase } from './layers/dropout.js';
export { Embedding } from './layers/embedding.js';
export { Flatten } from './layers/flatten.js';
export { Identity } from './layers/identity.js';
export { LayerNorm, type LayerNormOptions } from './layers/layer-norm.js';
export { Linear, type LinearOptions } from './layers/linear.js';
export { BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, type Loss, MSELoss, NLLLoss } from './layers/losses.js';
export {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  type AdaptivePool2d,
  AvgPool2d,
  MaxPool2d,
  type Pool2d,
} from './layers/pooling.js';
/** Models with the parameter names of PyTorch. */
export * as models from './models/index.js';
export { type BufferOptions, type Layer, Module } from './module.js';
export { ModuleList } from './module-list.js';
export type { If } from './new-parameter.js';
export { carryState } from './recurrent/carry-state.js';
export { type Cell, type CellOptions, GRUCell, LSTMCell, RNNCell, type RNNCellOptions } from './recurrent/cells.js';
export { GRU } from './recurrent/gru.js';
export { LSTM } from './recurrent/lstm.js';
export type { Recurrent, RecurrentOptions } from './recurrent/recurrent.js';
export { RNN, type RNNOptions } from './recurrent/rnn.js';
export { Sequential } from './sequential.js';
export type { LoadOptions, StateDict } from './state-dict.js';
export type { ModelSummary } from './summary/model-summary.js';
export type { SummaryOptions } from './summary/summarize.js';
export type { SummaryRow } from './summary/summary-row.js';
export { type SummaryInput, summary } from './summary.js';
