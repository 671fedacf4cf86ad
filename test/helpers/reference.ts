import { ReferenceBackend } from '../../src/backends/reference/backend.js';
import { registerBackend, setDeviceSync } from '../../src/tensor/device.js';

// importing this file makes `reference` the current device, without starting other devices
registerBackend('reference', () => new ReferenceBackend());
setDeviceSync('reference');
