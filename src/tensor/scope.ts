import { adopt, disown, popScopes, pushScope, type Scope } from './lifetime.js';
import { Tensor } from './tensor.js';

/** Lets a tensor outlive every scope; `dispose()` or the garbage collector frees it later. */
export function keep<T extends Tensor>(t: T): T {
  disown(t);
  return t;
}

/** Gives `t` the same lifetime as `like`: the same owner, or none. */
export function handOver<T extends Tensor>(t: T, like: Tensor): T {
  if (!like.owner) return keep(t);
  if (t.owner !== like.owner) like.owner.add(t);
  return t;
}

/**
 * Opens a scope, which the caller must end with `leaveScope`. Loops and `scope` use it; most programs never call it.
 */
export function enterScope(): Scope {
  return pushScope();
}

/** Ends a scope and any scopes left open inside it; tensors found in `survivors` move to the enclosing scope. */
export function leaveScope(opened: Scope, survivors?: unknown): void {
  const ended = popScopes(opened);
  if (ended.length === 0) return;
  for (const t of tensorsIn(survivors)) {
    if (!t.owner || !ended.includes(t.owner)) continue;
    t.owner = null;
    adopt(t);
  }
  for (const each of ended) each.free();
}

/**
 * Runs `body` and then frees the tensors made in it, except those in its result, however deeply nested. If `body`
 * returns a promise, the scope ends when the promise settles.
 */
export function scope<R>(body: () => R): R {
  const opened = enterScope();
  let result: R;
  try {
    result = body();
  } catch (error) {
    leaveScope(opened);
    throw error;
  }
  if (!(result instanceof Promise)) {
    leaveScope(opened, result);
    return result;
  }
  return result.then(
    (value: unknown) => {
      leaveScope(opened, value);
      return value;
    },
    (error: unknown) => {
      leaveScope(opened);
      throw error;
    },
  ) as R;
}

/** Finds every tensor in arrays, maps, sets and plain objects; does not search other objects. */
function* tensorsIn(value: unknown, seen: Set<unknown> = new Set()): Iterable<Tensor> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Tensor) yield value;
  else if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
    for (const inner of value instanceof Map ? value.values() : value) yield* tensorsIn(inner, seen);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const inner of Object.values(value)) yield* tensorsIn(inner, seen);
  }
}
