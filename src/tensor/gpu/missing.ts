import { DeviceError } from '../errors.js';

/** The error of a part that the backend needs and does not find. */
export function missing(what: string, got: string): DeviceError {
  return new DeviceError(`gpu: expected ${what}, got ${got}`);
}
