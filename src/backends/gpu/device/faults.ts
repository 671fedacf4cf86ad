import { DeviceError, OutOfMemoryError } from '../../../errors.js';
import type { GpuErrorFilter, GpuErrorScopes } from './library.js';

/** What a device found wrong with commands, which themselves just do nothing then and give zeros. */
export type Fault = DeviceError | OutOfMemoryError;

const filters: readonly GpuErrorFilter[] = ['out-of-memory', 'validation', 'internal'];

/** What each device found wrong so far: several backends may share one, and none can tell whose command it was. */
const logs = new WeakMap<GpuErrorScopes, Fault[]>();

/** Collects the faults of a device of WebGPU from here on; each call gives the first one since the call before. */
export function collectFaults(device: GpuErrorScopes): () => Promise<Fault | null> {
  const begin = () => {
    for (const filter of filters) device.pushErrorScope(filter);
  };
  let log = logs.get(device);
  if (!log) {
    log = [];
    logs.set(device, log);
    begin();
  }
  const faults = log;
  let seen = faults.length;
  return async () => {
    // scopes end in the reverse order, all at once, so that nothing falls between two of them
    const ended = filters.map(() => device.popErrorScope()).reverse();
    begin();
    const errors = await Promise.all(ended);
    const at = errors.findIndex((error) => error !== null);
    const message = errors[at]?.message ?? '';
    if (at >= 0) faults.push(filters[at] === 'out-of-memory' ? outOfMemory(message) : refused(message));
    const first = faults[seen] ?? null;
    seen = faults.length;
    return first;
  };
}

/** The part of a context of WebGL that tells what went wrong. */
export interface ErrorFlags {
  readonly NO_ERROR: number;
  readonly OUT_OF_MEMORY: number;
  readonly CONTEXT_LOST_WEBGL: number;
  getError(): number;
}

/** What a context of WebGL found wrong since this was called last. */
export function faultOf(gl: ErrorFlags): Fault | null {
  let fault: Fault | null = null;
  // a context has a flag for each kind of error, and hands them out one by one
  for (let code = gl.getError(); code !== gl.NO_ERROR; code = gl.getError()) {
    // which Loss tells, in words
    if (code === gl.CONTEXT_LOST_WEBGL) break;
    fault ??= code === gl.OUT_OF_MEMORY ? outOfMemory(`error ${code}`) : refused(`error ${code}`);
  }
  return fault;
}

function outOfMemory(message: string): Fault {
  return new OutOfMemoryError(`gpu: expected room on the device, got none (${message})`);
}

function refused(message: string): Fault {
  return new DeviceError(`gpu: expected the device to do what it is told, got an error (${message})`);
}
