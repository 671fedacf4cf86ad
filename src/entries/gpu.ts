import '../setup.js';
import { bringGpuJs } from '../backends/gpu/device/package.js';

bringGpuJs(() => import('gpu.js'));

export { device, setDevice } from '../tensor/device.js';
