import { registerBackend } from '../../src/tensor/backend.js';
import { CpuBackend } from '../../src/tensor/cpu/backend.js';
import { CpuRuntime } from '../../src/tensor/cpu/runtime.js';
import { describeBackend } from './calls/describe.js';

registerBackend('cpu', () => new CpuBackend());
describeBackend('cpu');

// what an older engine, or a page without cross-origin isolation, gets
const modest = { threads: 1, relaxedSimd: false, sharedMemory: false, mostPages: 8192 };
registerBackend('cpu without threads and relaxed SIMD', () => new CpuBackend(new CpuRuntime(modest)));
describeBackend('cpu without threads and relaxed SIMD', { small: 60, large: 6 });
