import { DeviceError, ValueError } from '../errors.js';
import type { Backend, DeviceCounters, DeviceInfo } from './backend.js';
import { withCleanup } from './cleanup.js';

/**
 * Makes a backend when it is first used, at once or as a promise. Throws DeviceError, or rejects with it, saying what is
 * missing.
 */
export type BackendFactory = () => Backend | Promise<Backend>;

const factories = new Map<string, BackendFactory>();
const instances = new Map<string, Backend>();
/** Backends that are being started. */
const pending = new Map<string, Promise<Backend>>();
let current: string | undefined;
/** The device of the last `setDevice`, started or not. */
let wanted: string | undefined;

/** Registers a backend under a name; the first one registered is the default device. */
export function registerBackend(name: string, factory: BackendFactory): void {
  factories.set(name, factory);
  current ??= name;
}

/**
 * The backend of a device name (default: the current device), started on first use. Throws DeviceError if it is unknown,
 * cannot start, or takes a while to start and was not awaited.
 */
export function backendOf(name: string = currentDevice()): Backend {
  const started = start(name);
  if (!(started instanceof Promise)) return started;
  started.catch(() => {}); // setDevice reports it to whoever awaits it
  throw new DeviceError(`device: expected await setDevice('${name}') before '${name}' is used, got none`);
}

function start(name: string): Backend | Promise<Backend> {
  const running = instances.get(name);
  if (running && !running.lost) return running;
  const starting = pending.get(name);
  if (starting) return starting;
  const factory = factories.get(name);
  if (!factory) throw new DeviceError(`device: expected one of ${[...factories.keys()].join(', ')}, got '${name}'`);
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

/** The current device, and what is known of devices. */
export interface DeviceFunction {
  /** Name of the device on which tensors are made unless they say otherwise. */
  (): string;
  /**
   * What computes on a device (default: the current one), and why. Throws DeviceError if it is unknown or cannot start.
   * @example device.info().description // 'GPU.js on WebGPU: ...'
   */
  info(name?: string): DeviceInfo;
  /**
   * Waits until a device (default: the current one) has done all that it was told, as clocks must; `cpu` and `reference`
   * always have. Rejects with DeviceError if the device was lost.
   */
  synchronize(name?: string): Promise<void>;
  /**
   * What a device that queues its work did since it started, once all of it is done; undefined for `cpu` and
   * `reference`. The difference of two calls tells what a training step costs.
   */
  counters(name?: string): Promise<DeviceCounters | undefined>;
}

function currentDevice(): string {
  if (current === undefined) throw new DeviceError('device: no backend is installed; import from antinode');
  return current;
}

/**
 * Name of the device on which tensors are made unless they say otherwise. `device.info`, `device.synchronize` and
 * `device.counters` tell about a device.
 */
export const device: DeviceFunction = Object.assign(currentDevice, {
  info: (name?: string) => backendOf(name).info(),
  synchronize: async (name?: string) => backendOf(name).synchronize?.(),
  counters: async (name?: string) => backendOf(name).counters?.(),
});

/**
 * Makes `name` the default device of tensors made from here on, as soon as it has started; `cpu` and `reference` start at
 * once. A later call overrides one that is still under way. Rejects with DeviceError if the device is unknown or cannot
 * start.
 * @example await setDevice('gpu')
 */
export async function setDevice(name: string): Promise<void> {
  const started = start(checkName('setDevice', name));
  // of several calls the last one counts, whichever device takes longest to start
  wanted = name;
  if (started instanceof Promise) await started;
  if (wanted === name) current = name;
}

/**
 * Does at once what `setDevice` does, for devices that start at once (`cpu` and `reference`) or have started. Throws
 * DeviceError for others, which `await setDevice(name)` starts, and if the device is unknown or cannot start.
 */
export function setDeviceSync(name: string): void {
  backendOf(checkName('setDeviceSync', name));
  wanted = name;
  current = name;
}

/** Runs `body` with another default device, restored at its end. Throws DeviceError as `setDeviceSync` does. */
export function withDevice<R>(name: string, body: () => R): R {
  backendOf(name);
  const before = current;
  current = name;
  return withCleanup(body, () => {
    current = before;
  });
}

function checkName(op: string, name: unknown): string {
  if (typeof name !== 'string') throw new ValueError(`${op}: expected a name, got ${String(name)}`);
  return name;
}
