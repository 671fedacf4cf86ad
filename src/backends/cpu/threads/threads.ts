import { expected, textOf, ValueError } from '../../../errors.js';
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
 * Returns how many threads the CPU backend should use, including the calling one. `device.info('cpu').threads` is the
 * number that take part.
 */
export function getThreads(): number {
  wanted ??= defaultThreads();
  return wanted;
}

/**
 * Sets how many threads the CPU backend uses, including the calling one. The default is the number of cores, at most 8.
 * Results do not depend on it. There is only one thread where memory cannot be shared between threads (a browser page
 * without cross-origin isolation), and there are fewer where workers are blocked: `device.info('cpu').threads` is the
 * number that take part.
 *
 * @throws ValueError when `threads` is not an integer from 1 to 64
 */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > mostThreads) {
    throw new ValueError(expected('setThreads', `an integer from 1 to ${mostThreads}`, textOf(threads)));
  }
  wanted = threads;
  listener(threads);
}

/** Registers a function that later calls of `setThreads` notify; the running backend uses it. */
export function onThreads(notify: (threads: number) => void): void {
  listener = notify;
}
