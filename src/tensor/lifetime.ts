import type { Lease } from './storage.js';

/** What a scope can own: tensors. */
export interface Owned {
  /** The scope that frees it; null if only the garbage collector or `dispose()` does. */
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

  /** Frees everything that it still owns. */
  free(): void {
    for (const t of this.#tensors) if (t.owner === this) t.dispose();
    this.#tensors = [];
  }
}

const stack: Scope[] = [];

/** Frees the memory of tensors without an owner, some time after the program has dropped its last reference. */
const collector = new FinalizationRegistry<Lease>((lease) => lease.release());

/** Makes a new scope the innermost one. */
export function pushScope(): Scope {
  const pushed = new Scope();
  stack.push(pushed);
  return pushed;
}

/** Takes a scope and all scopes inside of it off the stack; they still own their tensors. Empty if it is not open. */
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

/** Takes a tensor away from its scope, if it has one, and leaves it to the garbage collector. */
export function disown(t: Owned): void {
  if (!t.owner) return;
  t.owner = null;
  collector.register(t, t.lease);
}
