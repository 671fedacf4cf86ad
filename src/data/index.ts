export {
  type BpttBatch,
  BpttLoader,
  type BpttLoaderOptions,
  type BpttLoaderState,
  batchify,
} from './bptt.js';
export {
  cifar10,
  cifar10Classes,
  cifar10FromBytes,
  cifar10Mean,
  cifar10Std,
  type ImageSourceOptions,
} from './cifar10.js';
export { type Cifar100Options, cifar100, cifar100FromBytes } from './cifar100.js';
export { cifar100Classes, cifar100CoarseClasses } from './cifar100-classes.js';
export { type Dataset, Subset, type TensorColumns, TensorDataset, type TensorRows } from './dataset.js';
export { type ImageBatch, ImageDataset, type ImageDatasetOptions } from './images.js';
export { pairwiseLabelNoise } from './labels.js';
export { DataLoader, type DataLoaderOptions, type DataLoaderState } from './loader.js';
export { mnist, mnistFromBytes, mnistMean, mnistStd } from './mnist.js';
export type { NamedBytes } from './named-bytes.js';
export { cacheFolder } from './node/cache.js';
export type { DataProgress, OnProgress } from './node/progress.js';
export { type PrepareTextOptions, prepareText } from './prepare-text.js';
export { type PtbOptions, ptb } from './ptb.js';
export { type StateOfTheUnionOptions, stateOfTheUnion } from './state-of-the-union.js';
export type { NamedText } from './text.js';
export {
  type TextCorpus,
  type TextCorpusOptions,
  type TextSource,
  type TextSplit,
  textCorpus,
} from './text-corpus.js';
/** Ways to prepare images: random crops and flips, normalisation. */
export * as transforms from './transforms.js';
export { Vocabulary } from './vocabulary.js';
