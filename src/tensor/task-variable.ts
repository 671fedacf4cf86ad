import { AntinodeError } from '../errors.js';
import { isNode, nodeModule } from '../platform.js';
import { withCleanup } from './cleanup.js';

/**
 * A variable with a value of its own in each asynchronous task. A task inherits the value of the code that starts it,
 * and what it sets is invisible outside of it.
 */
export interface TaskVariable<V> {
  /** The value in the running task; undefined if none was set. */
  get(): V | undefined;
  /** Runs `body`, and all tasks started in it, with another value; `name` describes it in messages. */
  run<R>(name: string, value: V, body: () => R): R;
  /** Sets the value for the rest of the running task. Returns a function that restores the value before. */
  enter(name: string, value: V): () => void;
}

/** Two tasks changed a variable alternately in an engine that cannot tell tasks apart. */
export class InterleavedError extends AntinodeError {}

/** Makes a variable: by AsyncLocalStorage where there is one, else one that detects tasks that interleave. */
export function taskVariable<V>(): TaskVariable<V> {
  if (!isNode) return new SharedVariable<V>();
  const { AsyncLocalStorage } = nodeModule('async_hooks');
  return new SeparateVariable<V>(new AsyncLocalStorage<V | undefined>());
}

/** The part of AsyncLocalStorage that is used. */
interface TaskStorage<V> {
  getStore(): V | undefined;
  run<R>(value: V | undefined, body: () => R): R;
  enterWith(value: V | undefined): void;
}

class SeparateVariable<V> implements TaskVariable<V> {
  readonly #storage: TaskStorage<V>;

  constructor(storage: TaskStorage<V>) {
    this.#storage = storage;
  }

  get(): V | undefined {
    return this.#storage.getStore();
  }

  run<R>(_name: string, value: V, body: () => R): R {
    return this.#storage.run(value, body);
  }

  enter(_name: string, value: V): () => void {
    const before = this.get();
    this.#storage.enterWith(value);
    return () => {
      // code of another task may end an iteration, for example the reader of a generator around a loader
      if (this.get() === value) this.#storage.enterWith(before);
    };
  }
}

interface Entry<V> {
  readonly name: string;
  readonly value: V;
}

/**
 * One stack of values for all tasks, for engines without AsyncLocalStorage. Values must be restored in the reverse of
 * the order in which they were set, as a single task does; otherwise InterleavedError is thrown.
 */
export class SharedVariable<V> implements TaskVariable<V> {
  readonly #stack: Entry<V>[] = [];

  get(): V | undefined {
    return this.#stack.at(-1)?.value;
  }

  run<R>(name: string, value: V, body: () => R): R {
    return withCleanup(body, this.enter(name, value));
  }

  enter(name: string, value: V): () => void {
    const entry = { name, value };
    this.#stack.push(entry);
    return () => this.#leave(entry);
  }

  #leave(entry: Entry<V>): void {
    const at = this.#stack.lastIndexOf(entry);
    if (at < 0) return;
    const later = this.#stack[at + 1];
    this.#stack.splice(at, 1);
    if (!later) return;
    throw new InterleavedError(
      `${entry.name}: expected ${later.name}, which began later, to end first, got the other order; ` +
        'this engine cannot tell asynchronous tasks apart: await one before the next begins',
    );
  }
}
