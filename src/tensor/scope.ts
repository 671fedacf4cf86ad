import type { Lease } from './storage.js';

/** What a scope can own: tensors. */
export interface Scoped {
  /** The scope that frees it; null when nobody but the garbage collector or dispose() does. */
  owner: Scope | null;
  /** True once the memory was freed. */
  readonly released: boolean;
  /** The hold on the memory. */
  readonly lease: Lease;
  /** Frees the memory. */
  dispose(): void;
}

/**
 * Owns the tensors made while it is the innermost scope and frees them when it ends. Scopes nest; every asynchronous
 * task of the program shares the one stack, so a scope should not stay open across unrelated concurrent work.
 */
export class Scope {
  #tensors: Scoped[] = [];
  #compactAt = 1024;

  /** Becomes the owner of `t`. */
  add(t: Scoped): void {
    t.owner = this;
    this.#tensors.push(t);
    if (this.#tensors.length < this.#compactAt) return;
    this.#tensors = this.#tensors.filter((u) => u.owner === this && !u.released);
    this.#compactAt = Math.max(1024, 2 * this.#tensors.length);
  }

  /** Frees everything that it still owns. */
  free(): void {
    for (const t of this.#tensors) if (t.owner === this) t.dispose();
    this.#tensors = [];
  }
}

const stack: Scope[] = [];

/** Outside of scopes, memory is freed some time after the program has lost sight of its tensor. */
const collector = new FinalizationRegistry<Lease>((lease) => lease.release());

/** Gives a tensor that was just made to the innermost scope, or else to the garbage collector. */
export function adopt(t: Scoped): void {
  const innermost = stack.at(-1);
  if (innermost) innermost.add(t);
  else collector.register(t, t.lease);
}

/** Lets a tensor outlive the scopes that it was made in; `dispose()` or the garbage collector frees it. */
export function keep<T extends Scoped>(t: T): T {
  if (t.owner) {
    t.owner = null;
    collector.register(t, t.lease);
  }
  return t;
}

/** Gives `t` the same lifetime as `like`: the same owner, or none. */
export function handOver<T extends Scoped>(t: T, like: Scoped): T {
  if (!like.owner) return keep(t);
  if (t.owner !== like.owner) like.owner.add(t);
  return t;
}

/** Opens a scope that `leaveScope` must end. Loops and `scope` use it; most programs need neither. */
export function enterScope(): Scope {
  const opened = new Scope();
  stack.push(opened);
  return opened;
}

/** Ends a scope and any left open inside of it; tensors found in `survivors` go to the surrounding scope. */
export function leaveScope(opened: Scope, survivors?: unknown): void {
  const at = stack.lastIndexOf(opened);
  if (at < 0) return;
  const ended = stack.splice(at);
  for (const t of tensorsIn(survivors)) if (t.owner && ended.includes(t.owner)) pass(t);
  for (const each of ended) each.free();
}

/** Runs `body`; what it makes is freed at its end, except tensors in its result, however nested. */
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

function pass(t: Scoped): void {
  t.owner = null;
  adopt(t);
}

function isTensor(value: object): value is Scoped {
  return 'lease' in value && 'gradientSlot' in value;
}

/** Every tensor in arrays, maps, sets and plain objects; other objects are not searched. */
function* tensorsIn(value: unknown, seen: Set<unknown> = new Set()): Iterable<Scoped> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isTensor(value)) yield value;
  else if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
    for (const inner of value instanceof Map ? value.values() : value) yield* tensorsIn(inner, seen);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const inner of Object.values(value)) yield* tensorsIn(inner, seen);
  }
}
