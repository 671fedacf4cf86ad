export {
  type CheckpointParts,
  loadCheckpoint,
  type Stateful,
  type StatefulGenerator,
  saveCheckpoint,
} from './checkpoint.js';
export type { FileDtype, RawArray, RawTensor } from './file-dtypes.js';
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
export type { NamedTensors, Storable, StoredAs, TensorSource } from './storable.js';
