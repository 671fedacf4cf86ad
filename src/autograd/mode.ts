import { expectFunction } from '../tensor/expect.js';
import { namedScope } from '../tensor/memory/scope.js';
import { taskVariable } from '../tensor/task-variable.js';

const recording = taskVariable<boolean>();

/** True while operations are recorded for `backward`. */
export function isGradEnabled(): boolean {
  return recording.get() ?? true;
}

/**
 * Runs `body` with recording on or off; if `body` returns a promise, until it settles. Other asynchronous tasks keep
 * their own mode.
 */
export function withGrad<R>(enabled: boolean, body: () => R): R {
  return recording.run(enabled ? 'enableGrad' : 'noGrad', enabled, body);
}

/**
 * Runs `body` without recording operations and in a scope: tensors made in it are freed at its end, except those in its
 * result.
 */
export function noGrad<R>(body: () => R): R {
  expectFunction('noGrad', 'a function', body);
  return namedScope('noGrad', () => withGrad(false, body));
}

/**
 * Runs `body` with recording on, for use inside `noGrad` or a `backward`. Unlike `noGrad`, it does not open a scope.
 */
export function enableGrad<R>(body: () => R): R {
  expectFunction('enableGrad', 'a function', body);
  return withGrad(true, body);
}

let recomputing = false;

/** Runs the function of a checkpoint again. */
export function recompute<R>(body: () => R): R {
  const before = recomputing;
  recomputing = true;
  try {
    return body();
  } finally {
    recomputing = before;
  }
}

/** True in a function that a checkpoint runs again, where what happens once per batch has already happened. */
export function isRecomputing(): boolean {
  return recomputing;
}
