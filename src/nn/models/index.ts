export { DenseNet, type DenseNetOptions, densenet121 } from './densenet.js';
export { GoogLeNet, type GoogLeNetOptions, type GoogLeNetOutputs, googlenet } from './googlenet.js';
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
export type { ConvNetOptions, Stem } from './stem.js';
export { VGG, type VGGOptions, vgg16 } from './vgg.js';
