import { type Dtype, hostArray, type TypedArray } from '../../dtype.js';
import { DeviceError } from '../../errors.js';
import { storedIn } from '../../formula/semantics.js';

/** Integers are exact in float32 up to this number. */
const maxExact = 2 ** 24;

/**
 * Converts values of the host to the float32 of the device, with the conversion of a store into the dtype.
 *
 * @throws DeviceError when an integer is not exact in float32
 */
export function fromHost(dtype: Dtype, values: ArrayLike<number>): Float32Array {
  return Float32Array.from(dtype === 'float32' ? values : toHost(dtype, values));
}

/**
 * Converts values of the device to an array of their dtype.
 *
 * @throws DeviceError when the device may have rounded an integer
 */
export function toHost(dtype: Dtype, values: ArrayLike<number>): TypedArray {
  const host = convert(dtype, values);
  if (dtype === 'int32') host.forEach(expectExact);
  return host;
}

/**
 * Checks that an integer is exact on the device.
 * @throws DeviceError if it is not.
 */
export function expectExact(value: number): void {
  if (Math.abs(value) <= maxExact) return;
  throw new DeviceError(
    `gpu: expected integers from ${-maxExact} to ${maxExact}, got ${value}: the device computes in float32. Use cpu for larger integers, or float32 for rounded ones`,
  );
}

function convert(dtype: Dtype, values: ArrayLike<number>): TypedArray {
  const host = hostArray(dtype, values.length);
  const stored = storedIn[dtype];
  for (let i = 0; i < host.length; i++) host[i] = stored(values[i]);
  return host;
}
