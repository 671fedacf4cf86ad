export {
  type CheckpointParts,
  loadCheckpoint,
  type Stateful,
  type StatefulGenerator,
  saveCheckpoint,
} from './checkpoint.js';
export { withLock, writeAtomically } from './local-files.js';
export type { LockHolder, LockOptions } from './node/lock.js';
export {
  encodeSafetensors,
  type LoadSafetensorsOptions,
  loadSafetensors,
  type NamedTensors,
  SafetensorsMap,
  type SafetensorsOptions,
  saveSafetensors,
} from './safetensors.js';
