export { LSTMLanguageModel, type LSTMLanguageModelOptions, lstmLanguageModel } from './lstm-language-model.js';
export {
  BasicBlock,
  type BlockKind,
  Bottleneck,
  ResNet,
  type ResNetOptions,
  resnet18,
  resnet34,
  resnet50,
} from './resnet.js';
