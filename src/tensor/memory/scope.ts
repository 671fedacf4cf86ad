import { expectFunction, expectTensor } from '../expect.js';
import { InterleavedError } from '../task-variable.js';
import { Tensor } from '../tensor.js';
import { disown, runInside, Scope } from './lifetime.js';

/** Lets a tensor outlive every scope; `dispose()` or the garbage collector frees it later. */
export function keep<T extends Tensor>(t: T): T {
  expectTensor('keep', t);
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
 * Runs `body` and then frees the tensors made in it, except those in its result, however deeply nested. If `body`
 * returns a promise, the scope ends when the promise settles; asynchronous tasks that `body` did not start are not
 * affected.
 * @throws AntinodeError in an engine that cannot tell tasks apart (a browser), if another task opened a scope in the
 * meantime and has not closed it.
 */
export function scope<R>(body: () => R): R {
  expectFunction('scope', 'a function', body);
  return namedScope('scope', body);
}

/** Runs `body` in a scope that messages call `name`. */
export function namedScope<R>(name: string, body: () => R): R {
  const opened = new Scope();
  const fail = (error: unknown): never => {
    // after tasks have interleaved, the scope may own tensors of another task
    if (error instanceof InterleavedError) opened.abandon();
    else opened.end();
    throw error;
  };
  const succeed = (value: R): R => {
    opened.end(tensorsIn(value));
    return value;
  };
  let result: R;
  try {
    result = runInside(opened, name, body);
  } catch (error) {
    return fail(error);
  }
  if (!(result instanceof Promise)) return succeed(result);
  opened.freeWhenDropped();
  return result.then(succeed, fail) as R;
}

/** Finds every tensor in arrays, maps, sets and plain objects, however deep; does not search other objects. */
export function* tensorsIn(value: unknown): Iterable<Tensor> {
  const seen = new Set<unknown>();
  const left: unknown[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (next instanceof Tensor) yield next;
    else if (next instanceof Map) for (const inner of next.values()) left.push(inner);
    else if (next instanceof Set || Array.isArray(next)) for (const inner of next) left.push(inner);
    else if (Object.getPrototypeOf(next) === Object.prototype)
      for (const inner of Object.values(next)) left.push(inner);
  }
}
