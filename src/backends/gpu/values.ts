import { type Dtype, hostArray, type TypedArray } from '../../dtype.js';
import { DeviceError } from '../../errors.js';
import { storedIn } from '../../formula/semantics.js';

/** Integers are exact in float32 up to here. */
const mostExact = 2 ** 24;

/** Values as the device keeps them: float32, converted as by a store into the dtype. Throws DeviceError for integers that it cannot keep. */
export function fromHost(dtype: Dtype, values: ArrayLike<number>): Float32Array {
  return Float32Array.from(dtype === 'float32' ? values : toHost(dtype, values));
}

/** Values of the device in the array of their dtype. Throws DeviceError for integers that it may have rounded. */
export function toHost(dtype: Dtype, values: ArrayLike<number>): TypedArray {
  const host = converted(dtype, values);
  if (dtype === 'int32') host.forEach(expectExact);
  return host;
}

/** Throws DeviceError unless an integer is exact on the device. */
export function expectExact(value: number): void {
  if (Math.abs(value) <= mostExact) return;
  throw new DeviceError(
    `gpu: expected integers from ${-mostExact} to ${mostExact}, got ${value}: the device computes in float32. Use cpu for larger ones, or float32 for rounded ones`,
  );
}

function converted(dtype: Dtype, values: ArrayLike<number>): TypedArray {
  const host = hostArray(dtype, values.length);
  const stored = storedIn[dtype];
  for (let i = 0; i < host.length; i++) host[i] = stored(values[i]);
  return host;
}
