import { registerBackend, setDevice } from '../../src/tensor/backend.js';
import { ReferenceBackend } from '../../src/tensor/reference/backend.js';

// importing this file makes `reference` the device of the test, without starting the others
registerBackend('reference', () => new ReferenceBackend());
setDevice('reference');
