export {
  type CheckpointParts,
  loadCheckpoint,
  type Stateful,
  type StatefulGenerator,
  saveCheckpoint,
} from './checkpoint.js';
export type { FileDtype, RawArray, RawTensor } from './file-dtypes.js';
export type { LoadWeightsOptions, TorchValue, WeightsMap } from './formats/load.js';
export type { NpzOptions, SaveOptions } from './formats/save.js';
export type { ReadOptions, StoredTensor } from './formats/stored-tensor.js';
export type { WeightsFile, WeightsFormat } from './formats/weights-file.js';
export { withLock, writeAtomically } from './local-files.js';
export type { LockHolder, LockOptions } from './node/lock.js';
export {
  encodeSafetensors,
  type LoadSafetensorsOptions,
  loadSafetensors,
  SafetensorsMap,
  type SafetensorsOptions,
  saveSafetensors,
} from './safetensors.js';
export type { NamedTensors, Storable, TensorSource } from './storable.js';
export type { StoredAs } from './stored-as.js';
export {
  encodeNpy,
  encodeNpz,
  encodeTorch,
  loadNpy,
  loadTorch,
  loadWeights,
  openWeights,
  saveNpy,
  saveNpz,
  saveTorch,
} from './weights.js';
