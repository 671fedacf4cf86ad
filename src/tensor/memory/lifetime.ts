import { taskVariable } from '../task-variable.js';
import type { Lease } from './storage.js';
import { watch } from './unscoped.js';

/** Something that a scope can own: a tensor. */
export interface Owned {
  /** The scope that frees this tensor; null if only the garbage collector or `dispose()` does. */
  owner: Scope | null;
  /** The tensor's claim on its memory. */
  readonly lease: Lease;
  /** Name of the operation that made the tensor. */
  readonly madeBy: string;
}

const innermost = taskVariable<Scope>();

/** Frees the memory of scopes that were never ended, such as that of an iterator which the program has dropped. */
const abandoned = new FinalizationRegistry<readonly Lease[]>(releaseAll);

/**
 * Owns the tensors made while it is the innermost scope of their asynchronous task, and frees them when it ends. Scopes
 * nest.
 */
export class Scope {
  readonly #around: Scope | null;
  /** The claims of its tensors. It does not refer to the tensors: those that are dropped can be collected. */
  readonly #leases: Lease[] = [];
  #ended = false;
  #droppable = false;
  #compactAt = 1024;

  /** Opens a scope inside another one, by default inside the innermost one of this task. */
  constructor(around: Scope | null = innermostScope()) {
    this.#around = around;
  }

  /** Becomes the owner of `t`. */
  add(t: Owned): void {
    t.owner = this;
    t.lease.owner = this.#leases;
    this.#leases.push(t.lease);
    if (this.#leases.length < this.#compactAt) return;
    let kept = 0;
    for (const lease of this.#leases) if (isOwned(lease, this.#leases)) this.#leases[kept++] = lease;
    this.#leases.length = kept;
    this.#compactAt = Math.max(1024, 2 * kept);
  }

  /** Ends the scope: `survivors` that it owns move to the scope around it, and all other tensors are freed. */
  end(survivors: Iterable<Owned> = []): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const t of survivors) if (t.owner === this) give(t, this.open());
    releaseAll(this.#leases);
    this.#leases.length = 0;
    if (this.#droppable) abandoned.unregister(this.#leases);
  }

  /** The innermost scope that has not ended, of this one and those around it. */
  open(): Scope | null {
    let scope: Scope | null = this;
    for (; scope !== null; scope = scope.#around) if (!scope.#ended) break;
    return scope;
  }

  /** Frees its tensors some time after the program has dropped this scope and all of them, unless it ends before. */
  freeWhenDropped(): void {
    this.#droppable = true;
    abandoned.register(this, this.#leases, this.#leases);
  }

  /** Ends the scope without freeing its tensors, which other tasks may use. */
  abandon(): void {
    this.#ended = true;
    this.freeWhenDropped();
  }
}

/** Returns the innermost open scope of the running task. */
export function innermostScope(): Scope | null {
  return innermost.get()?.open() ?? null;
}

/** Runs `body`, and the tasks started in it, with `scope` as the innermost one; `name` describes it in messages. */
export function runInside<R>(scope: Scope, name: string, body: () => R): R {
  return innermost.run(name, scope, body);
}

/** Makes `scope` the innermost one for the rest of the running task, until the function returned is called. */
export function enter(scope: Scope, name: string): () => void {
  return innermost.enter(name, scope);
}

/** Gives a new tensor to the innermost scope, or to the garbage collector if no scope is open. */
export function adopt(t: Owned): void {
  give(t, innermostScope());
}

/** Removes a tensor from its scope, if it has one, and leaves it to the garbage collector. */
export function disown(t: Owned): void {
  if (t.owner) collect(t, false);
}

function give(t: Owned, scope: Scope | null): void {
  if (scope) scope.add(t);
  else collect(t, true);
}

function collect(t: Owned, stray: boolean): void {
  t.owner = null;
  t.lease.owner = null;
  watch(t, t.lease, stray ? t.madeBy : null);
}

function isOwned(lease: Lease, owner: readonly Lease[]): boolean {
  return lease.owner === owner && !lease.released;
}

function releaseAll(leases: readonly Lease[]): void {
  for (const lease of leases) if (lease.owner === leases) lease.release();
}
