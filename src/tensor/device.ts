import { DeviceError, expected, textOf, ValueError } from '../errors.js';
import type { Backend, DeviceCounters, DeviceInfo } from './backend.js';
import { withCleanup } from './cleanup.js';
import { isCollectionDue, relieve } from './memory/unscoped.js';

/**
 * Makes a backend when it is first used, synchronously or as a promise. If it cannot, throws DeviceError or rejects
 * with it; the message says what is missing.
 */
export type BackendFactory = () => Backend | Promise<Backend>;

const factories = new Map<string, BackendFactory>();
const instances = new Map<string, Backend>();
/** Backends that are starting. */
const pending = new Map<string, Promise<Backend>>();
let current: string | undefined;
/** The device of the last `setDevice` call, started or not. */
let wanted: string | undefined;

/** Registers a backend under a name; the first one registered is the default device. */
export function registerBackend(name: string, factory: BackendFactory): void {
  factories.set(name, factory);
  current ??= name;
}

/**
 * Returns the backend of a device (default: the current device) and starts it on first use.
 * @throws DeviceError if the device is unknown, cannot start, or starts asynchronously and was not awaited.
 */
export function backendOf(name: string = currentDevice()): Backend {
  const started = start(name);
  if (!(started instanceof Promise)) return started;
  started.catch(() => {}); // setDevice reports the error to its caller
  throw new DeviceError(`device: expected await setDevice('${name}') before '${name}' is used, got none`);
}

/** The names of all devices, started or not. */
export function deviceNames(): readonly string[] {
  return [...factories.keys()];
}

function start(name: string): Backend | Promise<Backend> {
  const running = instances.get(name);
  if (running && !running.lost) return running;
  const starting = pending.get(name);
  if (starting) return starting;
  const factory = factories.get(name);
  if (!factory) throw new DeviceError(expected('device', `one of ${deviceNames().join(', ')}`, textOf(name)));
  const made = factory();
  if (!(made instanceof Promise)) {
    instances.set(name, made);
    return made;
  }
  const started = made
    .then((backend) => {
      instances.set(name, backend);
      return backend;
    })
    .finally(() => pending.delete(name));
  pending.set(name, started);
  return started;
}

/** The type of `device`: the current device, and functions that describe devices. */
export interface DeviceFunction {
  /** Returns the name of the device on which tensors are made unless their options name another one. */
  (): string;
  /**
   * Returns what computes on a device (default: the current one), and why.
   * @throws DeviceError if the device is unknown or cannot start.
   * @example device.info().description // 'GPU.js on WebGPU: ...'
   */
  info(name?: string): DeviceInfo;
  /**
   * Waits until a device (default: the current one) has finished all queued work, as timing code must; `cpu` and
   * `reference` do not queue work. Rejects with DeviceError if the device was lost.
   */
  synchronize(name?: string): Promise<void>;
  /**
   * Waits for all queued work and returns what the device has done since it started; undefined for `cpu` and
   * `reference`, which do not queue work. The difference between two calls shows the cost of a training step.
   */
  counters(name?: string): Promise<DeviceCounters | undefined>;
}

function currentDevice(): string {
  if (current === undefined) {
    throw new DeviceError('device: expected a registered backend, got none; import from antinode');
  }
  return current;
}

/**
 * Returns the name of the device on which tensors are made unless their options name another one. `device.info`,
 * `device.synchronize` and `device.counters` describe a device.
 */
export const device: DeviceFunction = Object.assign(currentDevice, {
  info: (name?: string) => backendOf(name).info(),
  synchronize: async (name?: string) => {
    if (isCollectionDue()) await relieve();
    await backendOf(name).synchronize?.();
  },
  counters: async (name?: string) => backendOf(name).counters?.(),
});

/**
 * Makes `name` the default device for new tensors as soon as it has started; `cpu` and `reference` start immediately. A
 * later call overrides one that is still pending. Rejects with DeviceError if the device is unknown or cannot start.
 * @example await setDevice('gpu')
 */
export async function setDevice(name: string): Promise<void> {
  const started = start(checkName('setDevice', name));
  // the last of several calls wins, whichever device takes longest to start
  wanted = name;
  if (started instanceof Promise) await started;
  if (wanted === name) current = name;
}

/**
 * The synchronous form of `setDevice`, for devices that start immediately (`cpu` and `reference`) or have already
 * started.
 * @throws DeviceError for a device that must be started with `await setDevice(name)`, and for one that is unknown or
 * cannot start.
 */
export function setDeviceSync(name: string): void {
  backendOf(checkName('setDeviceSync', name));
  wanted = name;
  current = name;
}

/**
 * Runs `body` with another default device and then restores the previous one.
 * @throws DeviceError as `setDeviceSync` does.
 */
export function withDevice<R>(name: string, body: () => R): R {
  backendOf(name);
  const before = current;
  current = name;
  return withCleanup(body, () => {
    current = before;
  });
}

function checkName(op: string, name: unknown): string {
  if (typeof name !== 'string') throw new ValueError(`${op}: expected a name, got ${textOf(name)}`);
  return name;
}
