import type { GpuMode } from '../../../src/backends/gpu/device/gpu-js.js';
import { describeDeviceLoss } from './describe-device-loss.js';
import { describeErrors } from './describe-errors.js';
import { describeFaults } from './describe-faults.js';
import { describeMemory } from './describe-memory.js';
import { describeParts } from './describe-parts.js';
import { describePrimitives } from './describe-primitives.js';
import { describeTraining } from './describe-training.js';

/** Runs all tests of the device `gpu:mode`, with `numRuns` random calls of each primitive. */
export function describeGpu(mode: GpuMode, numRuns: number): void {
  describePrimitives(mode, numRuns);
  describeParts(mode, 3 * numRuns);
  describeErrors(mode, numRuns);
  describeTraining(mode);
  describeMemory(mode);
  if (mode !== 'webgpu' && mode !== 'webgl2') return;
  describeFaults(mode);
  describeDeviceLoss(mode);
}
