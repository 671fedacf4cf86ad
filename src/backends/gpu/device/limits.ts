import { DeviceError } from '../../../errors.js';
import type { GpuHost } from './host.js';

/** The most elements of a tensor: kernels count in float32, which is exact up to here. */
export const mostElements = 2 ** 24;

/** All dtypes are kept as float32. */
export const bytesPerElement = 4;

/** Throws DeviceError unless kernels can count to `size`, the elements of a tensor or of what a reduction walks over. */
export function expectCountable(size: number): void {
  if (size > mostElements) {
    throw new DeviceError(`gpu: expected tensors of at most ${mostElements} elements, got ${size}`);
  }
}

/** Throws DeviceError unless the device can keep a tensor of so many elements. */
export function expectRoom({ mostBytes }: GpuHost, size: number): void {
  expectCountable(size);
  const bytes = size * bytesPerElement;
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
