import { DeviceError, OutOfMemoryError } from '../../../errors.js';
import type { GpuErrorFilter, GpuErrorScopes } from './gpu-js.js';

/**
 * An error of a command that the device records instead of throwing: the command has no effect, and its results are
 * zeros.
 */
export type Fault = DeviceError | OutOfMemoryError;

const filters: readonly GpuErrorFilter[] = ['out-of-memory', 'validation', 'internal'];

/**
 * The faults of each device: backends may share a device, and a fault does not show which backend issued the command.
 */
const logs = new WeakMap<GpuErrorScopes, Fault[]>();

/**
 * Collects the faults of a device of WebGPU from now on. The returned function returns the first one since its last
 * call.
 */
export function collectFaults(device: GpuErrorScopes): () => Promise<Fault | null> {
  const beginScopes = () => {
    for (const filter of filters) device.pushErrorScope(filter);
  };
  let log = logs.get(device);
  if (!log) {
    log = [];
    logs.set(device, log);
    beginScopes();
  }
  const faults = log;
  let seen = faults.length;
  return async () => {
    // scopes end in reverse order, and the next ones begin at once, so that no error is missed in between
    const ended = filters.map(() => device.popErrorScope()).reverse();
    beginScopes();
    const errors = await Promise.all(ended);
    const at = errors.findIndex((error) => error !== null);
    const message = errors[at]?.message ?? '';
    if (at >= 0) faults.push(filters[at] === 'out-of-memory' ? outOfMemory(message) : refused(message));
    const first = faults[seen] ?? null;
    seen = faults.length;
    return first;
  };
}

/** The part of a context of WebGL that reports errors. */
export interface ErrorFlags {
  readonly NO_ERROR: number;
  readonly OUT_OF_MEMORY: number;
  readonly CONTEXT_LOST_WEBGL: number;
  getError(): number;
}

/** The first fault of a context of WebGL since the last call, null if there is none. */
export function faultOf(gl: ErrorFlags): Fault | null {
  let fault: Fault | null = null;
  // a context has a flag for each kind of error, and each call returns and clears one
  for (let code = gl.getError(); code !== gl.NO_ERROR; code = gl.getError()) {
    // DeviceLoss reports this error
    if (code === gl.CONTEXT_LOST_WEBGL) break;
    fault ??= code === gl.OUT_OF_MEMORY ? outOfMemory(`error ${code}`) : refused(`error ${code}`);
  }
  return fault;
}

function outOfMemory(message: string): Fault {
  return new OutOfMemoryError(`gpu: expected room on the device, got none (${message})`);
}

function refused(message: string): Fault {
  return new DeviceError(`gpu: expected the device to carry out its commands, got an error (${message})`);
}
