export {
  type CheckpointParts,
  loadCheckpoint,
  type Stateful,
  type StatefulGenerator,
  saveCheckpoint,
} from './checkpoint.js';
export {
  encodeSafetensors,
  loadSafetensors,
  type NamedTensors,
  SafetensorsMap,
  type SafetensorsOptions,
  saveSafetensors,
} from './safetensors.js';
