export {
  type CheckpointParts,
  loadCheckpoint,
  type Stateful,
  type StatefulGenerator,
  saveCheckpoint,
} from './checkpoint.js';
export { writeAtomically } from './node/files.js';
export { type LockHolder, type LockOptions, withLock } from './node/lock.js';
export {
  encodeSafetensors,
  type LoadSafetensorsOptions,
  loadSafetensors,
  type NamedTensors,
  SafetensorsMap,
  type SafetensorsOptions,
  saveSafetensors,
} from './safetensors.js';
