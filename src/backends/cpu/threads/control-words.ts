// Indices of the words of the block in memory through which the calling thread and the workers communicate.

/**
 * Tasks of the current job that no thread has claimed; a thread claims one by a compare-and-exchange that subtracts
 * one.
 */
export const REMAINING = 0;
/** Finished tasks of the current job. */
export const DONE = 1;
/** Tasks of the current job. */
export const COUNT = 2;
/** Number of the current job's kernel. */
export const KERNEL = 3;
/** Pointer to the arguments of the current job. */
export const ARGS = 4;
/** Increases with every job; parked workers wait for a change. */
export const GENERATION = 5;
/** Workers that are parked or about to be. */
export const PARKED = 6;
/** 1 while the calling thread is parked until DONE changes. */
export const WAITING = 7;
/** 1 once a task of the current job has trapped. */
export const FAILED = 8;
/** Bytes of the message of that trap. */
export const MESSAGE_LENGTH = 9;
/** Pointer to (pointer, length) pairs of the modules loaded at run time. */
export const TABLE = 10;
/** The message itself, UTF-8. */
export const MESSAGE = 32;
/** State of each thread; that of thread 0, the calling thread, is not used. */
export const STATES = 128;
/** For each thread, 1 while it claims or does a task; `busyStride` words apart. */
export const BUSY = 192;
/** Number of words in the block. */
export const LENGTH = 1216;
