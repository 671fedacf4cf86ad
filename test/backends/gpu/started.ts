import { beforeAll } from 'vitest';
import type { GpuMode } from '../../../src/backends/gpu/device/gpu-js.js';
import { setDevice } from '../../../src/index.js';
import type { Backend } from '../../../src/tensor/backend.js';
import { backendOf } from '../../../src/tensor/device.js';

/** Starts the backend of a mode of GPU.js before the tests of the caller, which may call the returned function. */
export function startedIn(mode: GpuMode): () => Backend {
  beforeAll(async () => {
    await setDevice(`gpu:${mode}`);
    await setDevice('cpu');
  });
  return () => backendOf(`gpu:${mode}`);
}
