import { enter, innermostScope, runInside, Scope } from '../tensor/memory/lifetime.js';
import { isCollectionDue, relieve } from '../tensor/memory/unscoped.js';

/** The iterations of one loop over a loader. */
export interface Iterations<B> {
  /** Index of the first iteration. */
  readonly start: number;
  /** One more than the index of the last iteration. */
  readonly end: number;
  /** Makes the value of an iteration. */
  make(i: number): B | Promise<B>;
  /** Called once when the loop ends, however it ends. */
  finish(): void;
}

/**
 * Iterates with a scope around each iteration: the tensors made in the body of the loop and those that `make` returns
 * are freed when the loop advances or ends, also by `break`, `return` or `throw`.
 *
 * The scope belongs to the asynchronous task that runs the loop. It is entered when `for await` reads `done` of a
 * result, which is the first code that runs in the body's part of the task: the code that has started the task and goes
 * on beside it is not affected.
 */
export class ScopedLoop<B> implements AsyncGenerator<B, void, undefined> {
  readonly #begin: () => Iterations<B>;
  readonly #around: Scope | null = innermostScope();
  #iterations: Iterations<B> | null = null;
  #next = 0;
  #scope: Scope | null = null;
  #leave: (() => void) | null = null;
  #pending: Promise<unknown> | null = null;
  #finished = false;

  /** `begin` is called when the first value is requested. */
  constructor(begin: () => Iterations<B>) {
    this.#begin = begin;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<B, void>> {
    return this.#inOrder(() => this.#advance());
  }

  return(): Promise<IteratorResult<B, void>> {
    return this.#inOrder(async () => {
      this.#finish();
      return { done: true, value: undefined };
    });
  }

  throw(error: unknown): Promise<IteratorResult<B, void>> {
    return this.#inOrder(async () => {
      this.#finish();
      throw error;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Ends the iteration in progress and takes a step: immediately, or after steps that have not finished. */
  #inOrder(step: () => Promise<IteratorResult<B, void>>): Promise<IteratorResult<B, void>> {
    const endAndStep = async () => {
      this.#endIteration();
      return step();
    };
    const result = this.#pending ? this.#pending.then(endAndStep) : endAndStep();
    const pending = result
      .catch(() => {})
      .then(() => {
        if (this.#pending === pending) this.#pending = null;
      });
    this.#pending = pending;
    return result;
  }

  async #advance(): Promise<IteratorResult<B, void>> {
    if (isCollectionDue()) await relieve();
    const iterations = this.#finished ? null : this.#begun();
    if (!iterations || this.#next >= iterations.end) {
      this.#finish();
      return { done: true, value: undefined };
    }
    const scope = new Scope(this.#around?.open() ?? null);
    scope.freeWhenDropped();
    let value: B;
    try {
      value = await runInside(scope, name, () => iterations.make(this.#next++));
    } catch (error) {
      scope.end();
      this.#finish();
      throw error;
    }
    this.#scope = scope;
    const enterScope = () => {
      if (this.#scope === scope) this.#leave ??= enter(scope, name);
    };
    return {
      get done(): false {
        enterScope();
        return false;
      },
      value,
    };
  }

  #begun(): Iterations<B> {
    if (!this.#iterations) {
      this.#iterations = this.#begin();
      this.#next = this.#iterations.start;
    }
    return this.#iterations;
  }

  #endIteration(): void {
    const [scope, leave] = [this.#scope, this.#leave];
    this.#scope = null;
    this.#leave = null;
    try {
      leave?.();
    } catch (error) {
      // tasks have interleaved, and the scope may own tensors of another one
      scope?.abandon();
      this.#finish();
      throw error;
    }
    scope?.end();
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#iterations?.finish();
  }
}

/** What messages call an iteration. */
const name = 'an iteration of a loader';
