import { type Dtype, dtypes } from '../../dtype.js';
import { backendOf } from '../../tensor/device.js';
import { copyTo } from '../../tensor/host.js';
import type { Tensor } from '../../tensor/tensor.js';
import { record } from '../graph.js';
import { cast } from './fill.js';

/**
 * x as another dtype or on another device; x itself if it is that already. Throws DeviceError if the device is unknown
 * or that of x can only be read with `await x.data()`.
 */
export function to(x: Tensor, target: Dtype | (string & {})): Tensor {
  return (dtypes as readonly string[]).includes(target) ? cast(x, target as Dtype) : toDevice(x, target);
}

function toDevice(x: Tensor, device: string): Tensor {
  if (device === x.device) return x;
  const y = copyTo('to', x, backendOf(device));
  return record('to', [x], y, (dy) => [() => toDevice(dy, x.device)]);
}
