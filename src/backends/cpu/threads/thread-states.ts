// States of a thread.

/** No worker. */
export const FREE = 0;
/** Its worker has been started but does not run yet. */
export const STARTING = 1;
/** Takes part. */
export const RUNNING = 2;
/** Asked to end; the worker sets FREE when it does. */
export const STOPPING = 3;
/** Asked to end before it ran. */
export const CANCELLED = 4;
/** Its worker could not start; no other is started in its place. */
export const FAILED = 5;
