import { ReferenceBackend } from '../../src/backends/reference/backend.js';
import type { TypedArray } from '../../src/dtype.js';
import type { Backend, Operand } from '../../src/tensor/backend.js';
import { backendOf, registerBackend } from '../../src/tensor/device.js';

registerBackend('distant', () => {
  const near = new ReferenceBackend();
  const read = async (x: Operand<TypedArray>) => near.readSync(x);
  return Object.assign(new ReferenceBackend(), { name: 'distant', readSync: undefined, read });
});

/** A device whose values can only be read asynchronously, like those of a GPU. */
export const distant: Backend = backendOf('distant');
