import { type Dtype, dtypes } from '../../dtype.js';
import { formula } from '../../formula/formula.js';
import { backendOf } from '../../tensor/device.js';
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
 * @throws ValueError unless `target` is a string, DeviceError if the device is unknown or has not started, or if x can only be read with `await x.data()`.
 */
export function to(x: Tensor, target: Dtype | (string & {})): Tensor {
  checkArgument('to', 'dtype or device', dtypeOrDevice, target);
  return (dtypes as readonly string[]).includes(target) ? cast(x, target as Dtype) : toDevice(x, target);
}

function toDevice(x: Tensor, device: string): Tensor {
  if (device === x.device) return x;
  const y = copyTo('to', x, backendOf(device));
  return record('to', [x], y, (dy) => [() => toDevice(dy, x.device)]);
}
