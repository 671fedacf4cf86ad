import { DeviceError } from '../errors.js';
import type { GpuHost } from './host.js';

/** The most elements of a tensor: kernels count in float32, which is exact up to here. */
const mostElements = 2 ** 24;

/** All dtypes are kept as float32. */
export const bytesPerElement = 4;

/** Bytes of a result of `size` elements with `width` of them from each thread. */
export function storedBytes(size: number, width: number): number {
  return Math.ceil(size / width) * width * bytesPerElement;
}

/** Throws DeviceError unless the device can keep a tensor of so many elements, with `width` of them from each thread. */
export function expectRoom({ mostBytes }: GpuHost, size: number, width = 1): void {
  if (size > mostElements) {
    throw new DeviceError(`gpu: expected tensors of at most ${mostElements} elements, got ${size}`);
  }
  const bytes = storedBytes(size, width);
  if (bytes > mostBytes) {
    throw new DeviceError(`gpu: expected tensors of at most ${mostBytes} bytes on this device, got ${bytes}`);
  }
}

/** Throws DeviceError unless a kernel can read so many tensors. */
export function expectInputs({ mostInputs }: GpuHost, inputs: number): void {
  if (inputs > mostInputs) {
    throw new DeviceError(`gpu: expected at most ${mostInputs} tensors for one kernel on this device, got ${inputs}`);
  }
}
