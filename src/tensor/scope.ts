import type { Tensor } from './tensor.js';

/**
 * Owns the tensors made while it is the innermost scope and frees them when it ends. Scopes nest; every asynchronous
 * task of the program shares the one stack, so a scope should not stay open across unrelated concurrent work.
 */
export class Scope {
  #tensors: Tensor[] = [];
  #compactAt = 1024;

  add(t: Tensor): void {
    t.owner = this;
    this.#tensors.push(t);
    if (this.#tensors.length < this.#compactAt) return;
    this.#tensors = this.#tensors.filter((u) => u.owner === this && !u.released);
    this.#compactAt = Math.max(1024, 2 * this.#tensors.length);
  }

  /** Frees everything still owned. */
  free(): void {
    for (const t of this.#tensors) if (t.owner === this) t.dispose();
    this.#tensors = [];
  }
}

const stack: Scope[] = [];

/** Frees what no scope owns once the program has lost sight of it. */
const collector = new FinalizationRegistry<{ release(): void }>((storage) => storage.release());

function release(t: Tensor): void {
  t.owner = null;
  watch(t);
}

function watch(t: Tensor): void {
  if (!t.released) collector.register(t, watched(t), t);
}

/** What the collector holds must not hold the tensor. */
function watched(t: Tensor): { release(): void } {
  return t.storage;
}

/** Gives a tensor that was just made to the innermost scope, or to the garbage collector. */
export function adopt(t: Tensor): void {
  const innermost = stack.at(-1);
  if (innermost) innermost.add(t);
  else watch(t);
}
