import { ValueError } from '../../../errors.js';
import { isNode, nodeModule } from '../../../platform.js';
import { mostThreads } from './control.js';

let wanted: number | undefined;
let listener: (threads: number) => void = () => {};

/** Beyond eight threads, memory bandwidth limits most kernels; `setThreads` overrides this. */
function defaultThreads(): number {
  const cores = isNode ? nodeModule('os').availableParallelism() : (globalThis.navigator?.hardwareConcurrency ?? 1);
  return Math.max(1, Math.min(8, cores));
}

/**
 * How many threads the CPU backend is to use, the calling one included. `device.info('cpu').threads` tells how many
 * take part.
 */
export function getThreads(): number {
  wanted ??= defaultThreads();
  return wanted;
}

/**
 * Sets how many threads the CPU backend uses, the calling one included; the default is the number of cores, at most 8.
 * Results do not depend on it. Where memory cannot be shared between threads (a browser page without cross-origin
 * isolation) there is one thread regardless, and where workers are blocked there are fewer: `device.info('cpu').threads`.
 *
 * @throws ValueError unless it is an integer from 1 to 64
 */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads) {
    throw new ValueError(`setThreads: expected an integer from 1 to ${mostThreads}, got ${threads}`);
  }
  wanted = threads;
  listener(threads);
}

/** Tells the running backend about later calls of `setThreads`. */
export function onThreads(notify: (threads: number) => void): void {
  listener = notify;
}
