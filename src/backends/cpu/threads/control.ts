/** Indices of the words of the block in memory through which the calling thread and the workers communicate. */
export const words = {
  /**
   * Tasks of the current job that no thread has claimed; a thread claims one by a compare-and-exchange that subtracts
   * one.
   */
  REMAINING: 0,
  /** Finished tasks of the current job. */
  DONE: 1,
  /** Tasks of the current job. */
  COUNT: 2,
  /** Number of the current job's kernel. */
  KERNEL: 3,
  /** Pointer to the arguments of the current job. */
  ARGS: 4,
  /** Increases with every job; parked workers wait for a change. */
  GENERATION: 5,
  /** Workers that are parked or about to be. */
  PARKED: 6,
  /** 1 while the calling thread is parked until DONE changes. */
  WAITING: 7,
  /** 1 once a task of the current job has trapped. */
  FAILED: 8,
  /** Bytes of the message of that trap. */
  MESSAGE_LENGTH: 9,
  /** Pointer to (pointer, length) pairs of the modules loaded at run time. */
  TABLE: 10,
  /** The message itself, UTF-8. */
  MESSAGE: 32,
  /** State of each thread; that of thread 0, the calling thread, is not used. */
  STATES: 128,
  /** For each thread, 1 while it claims or does a task; `busyStride` words apart. */
  BUSY: 192,
  /** Number of words in the block. */
  LENGTH: 1216,
} as const;

/**
 * The numbers of kernels: from 0 on the exports of the kernels module in order, then those of the module of wide kernels
 * if there is one, then the modules that were loaded at run time.
 */
export const firstNumbers = { wide: 64, loaded: 128 } as const;

/** Words from one thread's BUSY to the next: a cache line, since all threads write theirs often. */
export const busyStride = 16;

/** The most bytes of the message of a trap. */
export const messageBytes = 4 * (words.STATES - words.MESSAGE);

/** The most threads that a pool can have, including the calling one. */
export const mostThreads = words.BUSY - words.STATES;

/** States of a thread. */
export const states = {
  /** No worker. */
  FREE: 0,
  /** Its worker has been started but does not run yet. */
  STARTING: 1,
  /** Takes part. */
  RUNNING: 2,
  /** Asked to end; the worker sets FREE when it does. */
  STOPPING: 3,
  /** Asked to end before it ran. */
  CANCELLED: 4,
  /** Its worker could not start; no other is started in its place. */
  FAILED: 5,
} as const;

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
  /** How many milliseconds it looks for more work before it parks. */
  readonly spin: number;
}
