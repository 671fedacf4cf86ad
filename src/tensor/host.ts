import type { Dtype, TypedArray } from '../dtype.js';
import { formula } from '../formula/formula.js';
import type { Backend } from './backend.js';
import { backendOf } from './device.js';
import { noteChange } from './memory/changes.js';
import { Storage } from './memory/storage.js';
import { empty, prepareMapInto } from './run.js';
import type { Tensor } from './tensor.js';

const copy = formula('to = from', { tensors: ['to', 'from'] });

/**
 * Makes a tensor of `dtype` from row-major values on the host. `op` is the operation that makes it; the default backend
 * is that of the current device.
 */
export function fromHost(
  op: string,
  values: ArrayLike<number>,
  shape: readonly number[],
  dtype: Dtype,
  backend: Backend = backendOf(),
): Tensor {
  const t = empty(op, shape, dtype, backend);
  backend.write(t, values, 0);
  return t;
}

/**
 * Overwrites the values of `t`, starting at element `offset`, with values from the host, converted to its dtype; `op` is
 * the operation that does so.
 */
export function writeValues(op: string, t: Tensor, values: ArrayLike<number>, offset = 0): void {
  noteChange(t.storage, op);
  t.storage.backend.write(t, values, offset);
}

/**
 * Returns a copy of `x`, made by `op`, on the given backend, which may be its own.
 * @throws DeviceError if the device of `x` cannot be read synchronously.
 */
export function copyTo(op: string, x: Tensor, backend: Backend): Tensor {
  return fromHost(op, x.dataSync(), x.shape, x.dtype, backend);
}

/**
 * Prepares to overwrite the values of `to` with those of `from`, which has the same shape, and returns the function
 * that does so for the operation `op`; that function cannot fail.
 * @throws DeviceError if `from` is on another device that cannot be read synchronously.
 */
export function prepareCopy(op: string, to: Tensor, from: Tensor): () => void {
  if (from.storage.backend === to.storage.backend) return prepareMapInto(op, copy, { to, from });
  const values = from.dataSync();
  return () => writeValues(op, to, values);
}

/**
 * Moves the values of `t` to another device, in place. The move is done when the call returns if the current device of
 * `t` can be read synchronously, and otherwise when the promise resolves.
 * @throws DeviceError if the device is unknown or cannot start.
 */
export function moveTensor(t: Tensor, device: string): Promise<void> | undefined {
  const to = backendOf(device);
  const { backend } = t.storage;
  if (backend === to) return undefined;
  const land = (values: TypedArray) => {
    const storage = new Storage(to, t.dtype, t.size);
    to.write({ shape: t.shape, dtype: t.dtype, size: t.size, handle: storage.handle }, values);
    t.moveTo(storage);
  };
  if (!backend.readSync) return backend.read(t).then(land);
  land(backend.readSync(t));
  return undefined;
}
