import { beforeAll } from 'vitest';
import type { GpuMode } from '../../../src/backends/gpu/device/gpu-js.js';
import { setDevice } from '../../../src/index.js';
import type { Backend } from '../../../src/tensor/backend.js';
import { backendOf } from '../../../src/tensor/device.js';

/** The backend of a mode of GPU.js, started before the tests of this place; they may ask for it once they run. */
export function startedIn(mode: GpuMode): () => Backend {
  beforeAll(async () => {
    await setDevice(`gpu:${mode}`);
    await setDevice('cpu');
  });
  return () => backendOf(`gpu:${mode}`);
}
