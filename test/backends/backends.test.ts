import { CpuBackend } from '../../src/backends/cpu/backend.js';
import { CpuRuntime } from '../../src/backends/cpu/runtime.js';
import { registerBackend } from '../../src/tensor/device.js';
import { describeBackend } from './calls/describe.js';

registerBackend('cpu', () => new CpuBackend());
describeBackend('cpu');

// as on an older engine or in a page without cross-origin isolation
const modest = { threads: 1, relaxedSimd: false, sharedMemory: false, mostPages: 8192 };
registerBackend('cpu without threads and relaxed SIMD', () => new CpuBackend(new CpuRuntime(modest)));
describeBackend('cpu without threads and relaxed SIMD', { small: 60, large: 6 });

// the pages of the leading blocks are never touched, so they use addresses but no memory
registerBackend('cpu beyond 2 GiB', () => {
  const engine = new CpuRuntime({ threads: 2 });
  for (let block = 0; block < 3; block++) engine.allocate(720 * 2 ** 20);
  return new CpuBackend(engine);
});
describeBackend('cpu beyond 2 GiB', { small: 40, large: 4 });
