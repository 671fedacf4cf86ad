import { type Dtype, dtypes } from '../../dtype.js';
import { DeviceError, expected, textOf } from '../../errors.js';
import { formula } from '../../formula/formula.js';
import { backendOf, deviceNames } from '../../tensor/device.js';
import { expectTensor } from '../../tensor/expect.js';
import { copyTo } from '../../tensor/host.js';
import { oneOf, text } from '../../tensor/option-kinds.js';
import { checkArgument } from '../../tensor/options.js';
import { map } from '../../tensor/run.js';
import type { Tensor } from '../../tensor/tensor.js';
import { record } from '../graph.js';

const dtypeKind = oneOf(dtypes);
const dtypeOrDevice = text();

const same = formula('y = x', { tensors: ['x', 'y'] });

/** Returns a copy of x that does not share its memory. */
export function clone(x: Tensor): Tensor {
  expectTensor('clone', x);
  return record('clone', [x], map('clone', same, { x }, {}, x.dtype), (dy) => [() => dy]);
}

/**
 * Converts x to another dtype: floats truncate toward zero to integers, bool is value != 0.
 * @throws ValueError for an unknown dtype.
 */
export function cast(x: Tensor, dtype: Dtype): Tensor {
  checkArgument('cast', 'dtype', dtypeKind, dtype);
  if (x.dtype === dtype) return x;
  return map('cast', same, { x }, {}, dtype);
}

/**
 * Converts x to another dtype or copies it to another device; returns x itself if nothing changes.
 * @throws ValueError unless x is a tensor and `target` a string, DeviceError if it is neither a dtype nor a device, if
 * the device has not started, or if x can only be read with `await x.data()`.
 */
export function to(x: Tensor, target: Dtype | (string & {})): Tensor {
  expectTensor('to', x);
  checkArgument('to', 'dtype or device', dtypeOrDevice, target);
  if ((dtypes as readonly string[]).includes(target)) return cast(x, target as Dtype);
  if (!deviceNames().includes(target)) {
    const known = [...dtypes, ...deviceNames()].join(', ');
    throw new DeviceError(expected('to', `one of ${known}`, textOf(target)));
  }
  return toDevice(x, target);
}

function toDevice(x: Tensor, device: string): Tensor {
  if (device === x.device) return x;
  const y = copyTo('to', x, backendOf(device));
  return record('to', [x], y, (dy) => [() => toDevice(dy, x.device)]);
}
