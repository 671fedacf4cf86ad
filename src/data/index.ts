export { DataLoader, type DataLoaderOptions, type DataLoaderState, type EpochState } from './data-loader.js';
export {
  type Dataset,
  type Prefetcher,
  Subset,
  type TensorColumns,
  TensorDataset,
  type TensorRows,
} from './dataset.js';
export type { NamedBytes } from './named-bytes.js';
export { cacheFolder } from './node/cache.js';
export type { ImageFolder } from './node/images/image-files.js';
export type { DataProgress, OnProgress } from './node/progress.js';
export {
  type BpttBatch,
  BpttLoader,
  type BpttLoaderOptions,
  type BpttLoaderState,
  batchify,
} from './text/bptt-loader.js';
export type { NamedText } from './text/named-text.js';
export { type PrepareTextOptions, prepareText } from './text/prepare-text.js';
export { type PtbOptions, ptb } from './text/ptb.js';
export { type StateOfTheUnionOptions, stateOfTheUnion } from './text/state-of-the-union.js';
export {
  type TextCorpus,
  type TextCorpusOptions,
  type TextSource,
  type TextSplit,
  textCorpus,
} from './text/text-corpus.js';
export { Vocabulary } from './text/vocabulary.js';
/** Image transforms: resizing, crops, flips, colours, normalisation. */
export * as transforms from './transforms/index.js';
export {
  cifar10,
  cifar10Classes,
  cifar10FromBytes,
  cifar10Mean,
  cifar10Std,
} from './vision/cifar10.js';
export { type Cifar100Options, cifar100, cifar100FromBytes, cifar100Mean, cifar100Std } from './vision/cifar100.js';
export { cifar100Classes, cifar100CoarseClasses } from './vision/cifar100-classes.js';
export { type ImageBatch, ImageDataset, type ImageDatasetOptions } from './vision/image-dataset.js';
export {
  type ImageFolderOptions,
  imageFolder,
  imagenetMean,
  imagenetStd,
} from './vision/image-folder.js';
export type { ImageSourceOptions } from './vision/image-options.js';
export { pairwiseLabelNoise } from './vision/label-noise.js';
export { mnist, mnistFromBytes, mnistMean, mnistStd } from './vision/mnist.js';
