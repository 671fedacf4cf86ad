import { DeviceError } from '../../../errors.js';
import type { GpuRuntime } from './runtime.js';

/** The most elements of a tensor: kernels count in float32, which is exact up to this number. */
export const maxElements = 2 ** 24;

/** Bytes of an element: all dtypes are float32 on the device. */
export const bytesPerElement = 4;

/** Throws DeviceError unless kernels can count to `size`, the elements of a tensor or of a reduction. */
export function expectCountable(size: number): void {
  if (size > maxElements) {
    throw new DeviceError(`gpu: expected tensors of at most ${maxElements} elements, got ${size}`);
  }
}

/** Throws DeviceError if a tensor of `size` elements is too large for the device. */
export function expectRoom({ maxBytes }: GpuRuntime, size: number): void {
  expectCountable(size);
  const bytes = size * bytesPerElement;
  if (bytes > maxBytes) {
    throw new DeviceError(`gpu: expected tensors of at most ${maxBytes} bytes on this device, got ${bytes}`);
  }
}

/** Throws DeviceError if a kernel cannot read this many tensors. */
export function expectInputs({ maxInputs }: GpuRuntime, inputs: number): void {
  if (inputs > maxInputs) {
    throw new DeviceError(`gpu: expected at most ${maxInputs} tensors for one kernel on this device, got ${inputs}`);
  }
}
