import { gradOf, setRequiresGrad } from '../autograd/graph.js';
import { Parameter } from '../autograd/parameter.js';
import { zeroGrad } from '../autograd/zero-grad.js';
import { expected, ValueError } from '../errors.js';
import { moveTensor } from '../tensor/host.js';
import { keep } from '../tensor/memory/scope.js';
import { flag } from '../tensor/option-kinds.js';
import { resolveOptions } from '../tensor/options.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkStateDict, copyStateDict, type StateDict } from './state-dict.js';

/** A module that maps one tensor to another, as the parts of `Sequential` do. */
export interface Layer extends Module {
  forward(x: Tensor): Tensor;
}

/** Options of `loadStateDict`. */
export interface LoadOptions {
  /** Refuse a state dict with missing or unexpected names. Default true. */
  readonly strict?: boolean;
}

/** Options of `registerBuffer`. */
export interface BufferOptions {
  /** Part of the state dict. Default true. */
  readonly persistent?: boolean;
}

/**
 * Base class of layers and models. A subclass keeps its parameters and child modules in ordinary fields, in the order
 * of the state dict; buffers (tensors that are saved, but not trained) are registered. Names in a state dict are the
 * paths of fields: `layer1.0.conv1.weight`. Private `#fields` cannot be seen; lists go into `ModuleList`.
 *
 * @example
 * class Perceptron extends nn.Module {
 *   hidden = new nn.Linear(784, 100);
 *   output = new nn.Linear(100, 10);
 *   forward(x: Tensor): Tensor {
 *     return this.output.forward(this.hidden.forward(x).relu());
 *   }
 * }
 */
export abstract class Module {
  /** True while training: dropout drops, batch normalisation uses the batch. Set by `train()` and `eval()`. */
  training = true;
  readonly #buffers = new Map<string, { readonly tensor: Tensor; readonly persistent: boolean }>();

  /** Computes the outputs. */
  abstract forward(...inputs: never[]): unknown;

  /** Parameters of this module and the modules below, each once. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** The same by name; a shared parameter is listed under its first name. */
  namedParameters(): Map<string, Parameter> {
    return this.#collect((module) => module.#ownParameters());
  }

  /** Buffers of this module and the modules below, each once. */
  buffers(): Tensor[] {
    return [...this.namedBuffers().values()];
  }

  /** The same by name. */
  namedBuffers(): Map<string, Tensor> {
    return this.#collect((module) => module.#ownBuffers());
  }

  /** Modules directly below this one. */
  children(): Module[] {
    return [...this.namedChildren().values()];
  }

  /** The same by name. Throws ValueError for a plain array of modules, which would be overlooked. */
  namedChildren(): Map<string, Module> {
    const found = new Map<string, Module>();
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Module) found.set(name, value);
      else if (Array.isArray(value) && value.some((item) => item instanceof Module || item instanceof Parameter)) {
        const kind = this.constructor.name;
        throw new ValueError(expected(kind, `a ModuleList or fields of their own for '${name}'`, 'a plain array'));
      }
    }
    return found;
  }

  /** This module and all below, each once, parents first. */
  modules(): Module[] {
    return [...this.namedModules().values()];
  }

  /** The same by path; the path of this module is ''. */
  namedModules(): Map<string, Module> {
    const found = new Map<string, Module>();
    const seen = new Set<Module>();
    for (const [path, module] of this.#paths('', [])) {
      if (!seen.has(module)) found.set(path, module);
      seen.add(module);
    }
    return found;
  }

  /** Switches this module and all below to training, or with `false` to evaluation. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Switches this module and all below to evaluation. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Parameters and persistent buffers by name: the live tensors, not copies. A tensor that is shared is listed under
   * every name.
   */
  stateDict(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [path, module] of this.#paths('', [])) {
      for (const [name, p] of module.#ownParameters()) state.set(join(path, name), p);
      for (const [name, { tensor, persistent }] of module.#buffers) if (persistent) state.set(join(path, name), tensor);
    }
    return state;
  }

  /**
   * Copies the values of tensors of any device and dtype into parameters and buffers, in place. Throws ValueError
   * that lists every name that is missing, unexpected or of another shape, and then changes nothing; with
   * `strict: false` only shapes must fit. Returns the names that were missing and unexpected.
   */
  loadStateDict(state: StateDict, options: LoadOptions = {}): { missing: string[]; unexpected: string[] } {
    const { strict } = resolveOptions('loadStateDict', { strict: flag(true) }, options);
    const own = this.stateDict();
    const given = state instanceof Map ? (state as ReadonlyMap<string, Tensor>) : new Map(Object.entries(state));
    const names = checkStateDict(this.constructor.name, own, given, strict);
    copyStateDict(own, given);
    return names;
  }

  /**
   * Moves parameters, their gradients and buffers to a device, in place. Done when it returns if the present device
   * can be read at once (reference, cpu), else when the promise resolves. Throws DeviceError if it is unknown.
   */
  async to(device: string): Promise<this> {
    for (const t of [...this.parameters(), ...this.buffers()]) {
      const gradient = gradOf(t);
      for (const each of gradient ? [t, gradient] : [t]) {
        const moved = moveTensor(each, device);
        if (moved) await moved;
      }
    }
    return this;
  }

  /** Frees and clears the gradients of all parameters. */
  zeroGrad(): void {
    zeroGrad(this.parameters());
  }

  /** Lets gradients reach the parameters or, with `false`, freezes them. */
  setRequiresGrad(on: boolean): this {
    for (const p of this.parameters()) setRequiresGrad(p, on);
    return this;
  }

  /** Calls `visit` on every module below and then on this one, such as to initialise them. */
  apply(visit: (module: Module) => void): this {
    for (const child of this.children()) child.apply(visit);
    visit(this);
    return this;
  }

  /** Frees parameters, gradients and buffers; the module cannot be used afterwards. */
  dispose(): void {
    this.zeroGrad();
    for (const t of [...this.parameters(), ...this.buffers()]) t.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The tree of modules, one a line. */
  toString(): string {
    const inner = [...this.namedChildren()].map(([name, child]) => `(${name}): ${child}`.replaceAll('\n', '\n  '));
    const body = inner.length > 0 ? `\n  ${inner.join('\n  ')}\n` : this.describe();
    return `${this.constructor.name}(${body})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** The arguments that `toString` shows in parentheses for a module without children. */
  describe(): string {
    return '';
  }

  /**
   * Makes `tensor` a persistent buffer of this module under `name`, and returns it. Update buffers in place. Throws
   * ValueError for a name that is taken or contains a dot.
   */
  protected registerBuffer<T extends Tensor>(name: string, tensor: T, options: BufferOptions = {}): T {
    const { persistent } = resolveOptions('registerBuffer', { persistent: flag(true) }, options);
    if (name === '' || name.includes('.') || this.#buffers.has(name)) {
      throw new ValueError(expected('registerBuffer', 'an unused name without dots', `'${name}'`));
    }
    this.#buffers.set(name, { tensor: keep(tensor), persistent });
    return tensor;
  }

  *#ownParameters(): Iterable<[string, Parameter]> {
    for (const [name, value] of Object.entries(this)) if (value instanceof Parameter) yield [name, value];
  }

  *#ownBuffers(): Iterable<[string, Tensor]> {
    for (const [name, { tensor }] of this.#buffers) yield [name, tensor];
  }

  /** Every path from this module downwards with the module it leads to; shared modules have several. */
  *#paths(path: string, above: readonly Module[]): Iterable<[string, Module]> {
    yield [path, this];
    const line = [...above, this];
    for (const [name, child] of this.namedChildren()) {
      // a field that points back to a parent is not a child
      if (!line.includes(child)) yield* child.#paths(join(path, name), line);
    }
  }

  #collect<T>(own: (module: Module) => Iterable<[string, T]>): Map<string, T> {
    const found = new Map<string, T>();
    const seen = new Set<T>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, value] of own(module)) {
        if (!seen.has(value)) found.set(join(path, name), value);
        seen.add(value);
      }
    }
    return found;
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
