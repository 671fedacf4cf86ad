/// <reference lib="esnext.disposable" preserve="true" />
import './autograd/methods.js';
import { CpuBackend } from './backends/cpu/backend.js';
import { ReferenceBackend } from './backends/reference/backend.js';
import { registerBackend } from './tensor/device.js';

/** Loads the GPU backend when one of its devices is first selected. */
const gpu = () => import('./backends/gpu/device/start.js');

// the first backend registered is the default device
registerBackend('cpu', () => new CpuBackend());
registerBackend('reference', () => new ReferenceBackend());
registerBackend('gpu', async () => (await gpu()).startBestGpu('gpu'));
for (const mode of ['webgpu', 'webgl2', 'webasm', 'cpu'] as const) {
  registerBackend(`gpu:${mode}`, async () => (await gpu()).startGpu(`gpu:${mode}`, mode));
}
