import { withCleanup } from '../tensor/cleanup.js';
import { scope } from '../tensor/scope.js';

let recording = true;

/** True while operations are recorded for `backward`. */
export function isGradEnabled(): boolean {
  return recording;
}

/**
 * Runs `body` with recording on or off and then restores the previous mode; if `body` returns a promise, when it
 * settles.
 */
export function withGrad<R>(enabled: boolean, body: () => R): R {
  const before = recording;
  recording = enabled;
  return withCleanup(body, () => {
    recording = before;
  });
}

/**
 * Runs `body` without recording operations and in a scope: tensors made in it are freed at its end, except those in its
 * result.
 */
export function noGrad<R>(body: () => R): R {
  return scope(() => withGrad(false, body));
}

/**
 * Runs `body` with recording on, for use inside `noGrad` or a `backward`. Unlike `noGrad`, it does not open a scope.
 */
export function enableGrad<R>(body: () => R): R {
  return withGrad(true, body);
}
