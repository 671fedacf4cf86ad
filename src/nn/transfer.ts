import type { TypedArray } from '../dtype.js';
import { backendOf } from '../tensor/device.js';
import { Storage } from '../tensor/storage.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * Points `t` at a copy of its values on another device. Done at once if its own device can be read at once, else when
 * the promise resolves. Throws DeviceError if the device is unknown or cannot start.
 */
export function moveTensor(t: Tensor, device: string): Promise<void> | undefined {
  const to = backendOf(device);
  const from = t.storage;
  if (from.backend === to) return undefined;
  const land = (values: TypedArray) => {
    const storage = new Storage(to, t.dtype, t.size);
    to.write({ shape: t.shape, dtype: t.dtype, size: t.size, handle: storage.handle }, values);
    t.moveTo(storage);
  };
  if (!from.backend.readSync) return from.backend.read(t).then(land);
  land(from.backend.readSync(t));
  return undefined;
}
