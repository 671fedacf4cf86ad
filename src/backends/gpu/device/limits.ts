import { DeviceError } from '../../../errors.js';
import type { GpuRuntime } from './runtime.js';

/** The most elements of a tensor: kernels count in float32, which is exact up to this number. */
export const maxElements = 2 ** 24;

/** Bytes of an element: all dtypes are float32 on the device. */
export const bytesPerElement = 4;

/**
 * Checks that kernels can count to `size`, the number of elements of a tensor or of a reduction.
 * @throws DeviceError if they cannot.
 */
export function expectCountable(size: number): void {
  if (size > maxElements) {
    throw new DeviceError(`gpu: expected tensors of at most ${maxElements} elements, got ${size}`);
  }
}

/**
 * Checks that a tensor of `size` elements fits on the device.
 * @throws DeviceError if it does not.
 */
export function expectRoom({ maxBytes }: GpuRuntime, size: number): void {
  expectCountable(size);
  const bytes = size * bytesPerElement;
  if (bytes > maxBytes) {
    throw new DeviceError(`gpu: expected tensors of at most ${maxBytes} bytes on this device, got ${bytes}`);
  }
}

/**
 * Checks that one kernel can read this many tensors.
 * @throws DeviceError if it cannot.
 */
export function expectInputs({ maxInputs }: GpuRuntime, inputs: number): void {
  if (inputs > maxInputs) {
    throw new DeviceError(`gpu: expected at most ${maxInputs} tensors for one kernel on this device, got ${inputs}`);
  }
}
