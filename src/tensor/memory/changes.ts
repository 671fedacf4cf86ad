import { AntinodeError, expected, shapeText } from '../../errors.js';

/** When memory was allocated and last changed in place, and by which operation. */
export interface History {
  readonly allocated: number;
  changed: number;
  changedBy: string;
}

/** Counts in-place changes, so that a backward pass finds values that were changed after the forward pass. */
let clock = 0;

/** While a gradient is computed: when its operation was recorded. Memory that was changed since then is refused. */
let since = Number.POSITIVE_INFINITY;

/** The operation whose gradient is being computed. */
let guarded = '';

/** Returns the present time, which passes with in-place changes and with `tick`. */
export function now(): number {
  return clock;
}

/** Lets time pass, so that memory allocated from now on is known to be newer than all operations recorded so far. */
export function tick(): void {
  clock++;
}

/** Notes that `op` changes memory in place. */
export function noteChange(memory: History, op: string): void {
  memory.changed = ++clock;
  memory.changedBy = op;
}

/** True if the gradient being computed needs memory as it was before its last change. */
export function isOutdated(memory: History): boolean {
  return memory.changed > since && memory.allocated <= since;
}

/** The error about outdated memory; `madeBy` and `shape` describe the tensor. */
export function outdatedError(memory: History, madeBy: string, shape: readonly number[]): AntinodeError {
  const wanted = `the ${madeBy} ${shapeText(shape)} that its gradient needs, as it was in the forward pass`;
  const got = `one that ${memory.changedBy} has changed in place; call backward before, or use x.clone()`;
  return new AntinodeError(expected(guarded, wanted, got));
}

/** Runs `body`, which computes the gradient of `op`, recorded at `time`: reading outdated memory in it is an error. */
export function guard<R>(op: string, time: number, body: () => R): R {
  const [opBefore, sinceBefore] = [guarded, since];
  guarded = op;
  since = time;
  try {
    return body();
  } finally {
    guarded = opBefore;
    since = sinceBefore;
  }
}

/** Runs `body`, which updates memory, outdated or not. */
export function unguarded<R>(body: () => R): R {
  return guard('', Number.POSITIVE_INFINITY, body);
}

/** True while a gradient is being computed. */
export function isGuarded(): boolean {
  return since < Number.POSITIVE_INFINITY;
}
