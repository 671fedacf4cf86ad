import { withCleanup } from '../tensor/cleanup.js';
import { scope } from '../tensor/scope.js';

let recording = true;

/** True where operations are recorded for `backward`. */
export function isGradEnabled(): boolean {
  return recording;
}

/** Runs `body` with recording on or off, restored at its end (of its promise, if it returns one). */
export function withGrad<R>(enabled: boolean, body: () => R): R {
  const before = recording;
  recording = enabled;
  return withCleanup(body, () => {
    recording = before;
  });
}

/**
 * Runs `body` without recording operations, as a scope of its own: what it makes is freed at its end, except tensors
 * in its result.
 */
export function noGrad<R>(body: () => R): R {
  return scope(() => withGrad(false, body));
}

/** Runs `body` with recording on, as inside of `noGrad` or of a backward; not a scope. */
export function enableGrad<R>(body: () => R): R {
  return withGrad(true, body);
}
