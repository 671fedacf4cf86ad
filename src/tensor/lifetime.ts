import type { Lease } from './storage.js';

/** Something that a scope can own: a tensor. */
export interface Owned {
  /** The scope that frees this tensor; null if only the garbage collector or `dispose()` does. */
  owner: Scope | null;
  /** True once the memory has been freed. */
  readonly released: boolean;
  /** The tensor's claim on its memory. */
  readonly lease: Lease;
  /** Frees the memory. */
  dispose(): void;
}

/**
 * Owns the tensors made while it is the innermost scope and frees them when it ends. Scopes nest. All asynchronous
 * tasks of the program share a single stack of scopes, so a scope should not stay open across unrelated concurrent
 * work.
 */
export class Scope {
  #tensors: Owned[] = [];
  #compactAt = 1024;

  /** Becomes the owner of `t`. */
  add(t: Owned): void {
    t.owner = this;
    this.#tensors.push(t);
    if (this.#tensors.length < this.#compactAt) return;
    this.#tensors = this.#tensors.filter((u) => u.owner === this && !u.released);
    this.#compactAt = Math.max(1024, 2 * this.#tensors.length);
  }

  /** Frees every tensor that it still owns. */
  free(): void {
    for (const t of this.#tensors) if (t.owner === this) t.dispose();
    this.#tensors = [];
  }
}

const stack: Scope[] = [];

/** Frees the memory of a tensor without an owner, some time after the program has dropped its last reference to it. */
const collector = new FinalizationRegistry<Lease>((lease) => lease.release());

/** Opens a new scope, which becomes the innermost one. */
export function pushScope(): Scope {
  const pushed = new Scope();
  stack.push(pushed);
  return pushed;
}

/**
 * Removes a scope and all scopes inside it from the stack and returns them; they still own their tensors. Returns an
 * empty list if the scope is not open.
 */
export function popScopes(outermost: Scope): readonly Scope[] {
  const at = stack.lastIndexOf(outermost);
  return at < 0 ? [] : stack.splice(at);
}

/** Gives a tensor without an owner to the innermost scope, or to the garbage collector if no scope is open. */
export function adopt(t: Owned): void {
  const innermost = stack.at(-1);
  if (innermost) innermost.add(t);
  else collector.register(t, t.lease);
}

/** Removes a tensor from its scope, if it has one, and leaves it to the garbage collector. */
export function disown(t: Owned): void {
  if (!t.owner) return;
  t.owner = null;
  collector.register(t, t.lease);
}
