import type { CheckpointParts } from './node/checkpoint-file.js';

export type { CheckpointParts, Stateful, StatefulGenerator } from './node/checkpoint-file.js';

// Loaded when first used: browsers have no files.
const files = () => import('./node/checkpoint-file.js');

/**
 * Writes the state of everything in `parts` to one safetensors file, atomically: if the process is killed at any
 * moment, the old file or the new one remains. For objects with stateDict (models, optimizers, schedules, loaders) or
 * state (generators), the result of that method is saved; other values must be tensors or plain data, in which NaN,
 * infinities, -0, undefined and Maps are preserved. Tensors are named after their path (`model.conv1.weight`), the rest
 * is JSON in the metadata, and a CRC-32 covers both. The arithmetic of the devices is recorded. Node only.
 * @throws ValueError for data that cannot be saved; FileError if writing fails.
 * @example
 * await saveCheckpoint('run.safetensors', { model, optimizer, scheduler, loader, random: defaultGenerator, epoch: 3 });
 */
export async function saveCheckpoint(path: string, parts: CheckpointParts): Promise<void> {
  return (await files()).saveCheckpoint(path, parts);
}

/**
 * Restores the objects in `parts` in place from a file of saveCheckpoint, and returns the other values in the file. If
 * the file is damaged, or an object rejects its state, no object is changed. Warns on the console if the devices of the
 * objects have another arithmetic than the file records: results then differ in rounding.
 * @throws FileError with the file, the expected and the actual content in the message.
 * @example
 * const { epoch } = await loadCheckpoint('run.safetensors', { model, optimizer, random: defaultGenerator });
 */
export async function loadCheckpoint(path: string, parts: CheckpointParts = {}): Promise<Record<string, unknown>> {
  return (await files()).loadCheckpoint(path, parts);
}
