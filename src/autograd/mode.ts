import { scope } from '../tensor/scope.js';

let recording = true;

/** True where operations are recorded for `backward`. */
export function isGradEnabled(): boolean {
  return recording;
}

/** Runs `body` with recording on or off, restored at its end (of its promise, if it returns one). */
export function withGrad<R>(enabled: boolean, body: () => R): R {
  const before = recording;
  const restore = () => {
    recording = before;
  };
  recording = enabled;
  let result: R;
  try {
    result = body();
  } catch (error) {
    restore();
    throw error;
  }
  if (!(result instanceof Promise)) {
    restore();
    return result;
  }
  return result.finally(restore) as R;
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
