import { recompute, withGrad } from '../../autograd/mode.js';
import { expected, ValueError } from '../../errors.js';
import type { Backend } from '../../tensor/backend.js';
import { memory } from '../../tensor/memory/storage.js';
import { recordCalls } from '../../tensor/profile/record-profile.js';
import type { Span } from '../../tensor/profile/timeline.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Module } from '../module.js';

/** What the calls of a module have done, those of the modules in it included. */
export interface Tally {
  readonly calls: number;
  /** Of the outputs of the first call. */
  readonly outputShapes: readonly (readonly number[])[];
  readonly multiplyAdds: number;
  /** Memory that was in use after the calls and not before. */
  readonly bytes: number;
}

type Forward = (...inputs: unknown[]) => unknown;

/**
 * Runs `model.forward(...inputs)` once, recorded for backward, and returns what each module did that was called.
 * Statistics that are updated once per batch are not.
 * @throws ValueError if a forward returns a promise.
 */
export function observeForward(model: Module, inputs: readonly Tensor[], backend: Backend): ReadonlyMap<Module, Tally> {
  return recordCalls('summary', backend, ({ spans }) => {
    const observer = new Observer(model, spans, () => memory(backend.name).bytes);
    observer.observed(() => withGrad(true, () => recompute(() => (model.forward as Forward)(...inputs))));
    return observer.tallies;
  });
}

/** A method of a prototype, or of a module that has one of its own. */
interface Method {
  readonly holder: object;
  readonly name: 'forward' | 'forwardWithNext';
  readonly before: PropertyDescriptor;
}

/**
 * Replaces the methods of modules by some that note what they do. They are replaced where they are, in prototypes,
 * because modules that compute several layers in one pass ask whether a layer has the forward of its class.
 */
class Observer {
  readonly tallies = new Map<Module, Tally>();
  readonly #modules: ReadonlySet<Module>;
  readonly #methods: readonly Method[];
  readonly #spans: readonly Span[];
  readonly #bytes: () => number;
  /** The module that is running. */
  #running: Module | null = null;

  constructor(model: Module, spans: readonly Span[], bytes: () => number) {
    this.#modules = new Set(model.modules());
    this.#methods = methodsOf(this.#modules);
    this.#spans = spans;
    this.#bytes = bytes;
  }

  /** Runs `body` while calls are noted. */
  observed(body: () => void): void {
    this.#replace();
    try {
      body();
    } finally {
      this.#restore();
    }
  }

  #replace(): void {
    const observer = this;
    for (const { holder, name, before } of this.#methods) {
      const method = before.value as Forward;
      const value =
        name === 'forward'
          ? function (this: Module, ...given: unknown[]) {
              return observer.#noted(this, () => method.apply(this, given));
            }
          : function (this: Module, x: Tensor, next: Module | undefined) {
              return observer.#joined(this, next, () => method.call(this, x, next));
            };
      Object.defineProperty(holder, name, { ...before, value });
    }
  }

  #restore(): void {
    for (const { holder, name, before } of this.#methods) Object.defineProperty(holder, name, before);
  }

  /** Two layers in one pass over memory: the first has the work, both have the output. */
  #joined(module: Module, next: Module | undefined, run: () => unknown): unknown {
    // the methods as they are otherwise: a call of the first layer is not noted a second time
    this.#restore();
    try {
      const result = this.#noted(module, run);
      if (result && next) this.#add(next, result, 0, 0);
      return result;
    } finally {
      this.#replace();
    }
  }

  /** The result of `run`, which is noted as a call of the module unless it is null or within another call of its own. */
  #noted(module: Module, run: () => unknown): unknown {
    const outer = this.#running;
    // super.forward() is a part of the call; modules of others are not in the summary
    if (module === outer || !this.#modules.has(module)) return run();
    const [from, before] = [this.#spans.length, this.#bytes()];
    this.#running = module;
    let result: unknown;
    try {
      result = run();
    } finally {
      this.#running = outer;
    }
    if (result instanceof Promise) {
      // nobody waits for it, so that a failure must not end the program
      result.catch(() => {});
      const got = `a promise of ${module.constructor.name}`;
      throw new ValueError(expected('summary', 'a forward that returns tensors', got));
    }
    const flops = this.#spans.slice(from).reduce((sum, { work }) => sum + (work?.flops ?? 0), 0);
    if (result !== null) this.#add(module, result, flops / 2, this.#bytes() - before);
    return result;
  }

  #add(module: Module, result: unknown, multiplyAdds: number, bytes: number): void {
    const first = this.tallies.get(module);
    this.tallies.set(module, {
      calls: (first?.calls ?? 0) + 1,
      outputShapes: first?.outputShapes ?? shapesIn(result),
      multiplyAdds: (first?.multiplyAdds ?? 0) + multiplyAdds,
      bytes: (first?.bytes ?? 0) + bytes,
    });
  }
}

/** The methods that modules have or inherit, each once. */
function methodsOf(modules: Iterable<Module>): Method[] {
  const found = new Map<object, Method[]>();
  for (const module of modules) {
    for (let holder: object = module; holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
      if (found.has(holder)) continue;
      const methods = (['forward', 'forwardWithNext'] as const).flatMap((name): Method[] => {
        const before = Object.getOwnPropertyDescriptor(holder, name);
        return typeof before?.value === 'function' ? [{ holder, name, before }] : [];
      });
      found.set(holder, methods);
    }
  }
  return [...found.values()].flat();
}

/** The shapes of the tensors in a result, in their order. */
function shapesIn(result: unknown): (readonly number[])[] {
  if (result instanceof Tensor) return [result.shape];
  if (Array.isArray(result)) return result.flatMap(shapesIn);
  if (typeof result !== 'object' || result === null) return [];
  const isPlain = Object.getPrototypeOf(result) === Object.prototype;
  if (!isPlain && !(result instanceof Map)) return [];
  return [...(result instanceof Map ? result.values() : Object.values(result))].flatMap(shapesIn);
}
