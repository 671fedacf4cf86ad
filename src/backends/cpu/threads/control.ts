import * as words from './control-words.js';

/**
 * The numbers of kernels: from 0 on the exports of the kernels module in order, then those of the module of wide
 * kernels if there is one, then the modules that were loaded at run time.
 */
export const firstNumbers = { wide: 64, loaded: 128 } as const;

/** Words from one thread's BUSY to the next: a cache line, since all threads write theirs often. */
export const busyStride = 16;

/** The most bytes of the message of a trap. */
export const messageBytes = 4 * (words.STATES - words.MESSAGE);

/** The most threads that a pool can have, including the calling one. */
export const mostThreads = words.BUSY - words.STATES;

/** A compiled kernel: an export of a module that does one task of a job. */
export type Task = (args: number, task: number, thread: number) => void;

/** The data that a worker receives when it starts. */
export interface WorkerData {
  /** The compiled kernels, and the wide ones if there are any. */
  readonly modules: readonly WebAssembly.Module[];
  /** The shared memory. */
  readonly memory: WebAssembly.Memory;
  /** Pointer to the control block in that memory. */
  readonly control: number;
  /** Number of the thread. */
  readonly thread: number;
  /** How many milliseconds it looks for more work without a pause, and then with naps in between, before it parks. */
  readonly spin: number;
  readonly naps: number;
}
