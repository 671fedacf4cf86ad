import { AntinodeError, expected, shapeText } from '../errors.js';

/** Counts in-place changes of memory, so that a backward pass finds values that changed after the forward pass. */
let clock = 0;

/** While a gradient is computed: the time at which its operation was recorded, and the name of that operation. */
let guard: { readonly since: number; readonly op: string } | null = null;

/** When a piece of memory was allocated and last changed in place, and by which operation. */
export class History {
  readonly allocated: number = clock;
  changed = 0;
  changedBy = '';
}

/** Returns the present time, which passes with in-place changes and with `tick`. */
export function now(): number {
  return clock;
}

/** Lets time pass, so that memory allocated from now on is known to be newer than all operations recorded so far. */
export function tick(): void {
  clock++;
}

/** Notes that `op` changes memory in place. */
export function noteChange(history: History, op: string): void {
  history.changed = ++clock;
  history.changedBy = op;
}

/**
 * Checks that memory still holds the values that the gradient being computed needs; `madeBy` and `shape` describe the
 * tensor.
 * @throws AntinodeError if it was changed after the operation of that gradient was recorded.
 */
export function expectUnchanged(history: History, madeBy: string, shape: readonly number[]): void {
  if (guard === null || history.changed <= guard.since || history.allocated > guard.since) return;
  const wanted = `the ${madeBy} ${shapeText(shape)} that its gradient needs, as it was in the forward pass`;
  const got = `one that ${history.changedBy} has changed in place; call backward before, or use x.clone()`;
  throw new AntinodeError(expected(guard.op, wanted, got));
}

/** Runs `body`, which computes the gradient of `op`, recorded at time `since`; values changed since then are refused. */
export function guarded<R>(op: string, since: number, body: () => R): R {
  const before = guard;
  guard = { op, since };
  try {
    return body();
  } finally {
    guard = before;
  }
}

/** Runs `body`, which may read values that were changed since: it updates them. */
export function unguarded<R>(body: () => R): R {
  const before = guard;
  guard = null;
  try {
    return body();
  } finally {
    guard = before;
  }
}

/** True while values that were changed since an operation was recorded are refused. */
export function isGuarded(): boolean {
  return guard !== null;
}
