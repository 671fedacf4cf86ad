import { gradOf, setRequiresGrad } from '../autograd/graph.js';
import { Parameter } from '../autograd/parameter.js';
import { zeroGrad } from '../autograd/zero-grad.js';
import { expected, ValueError } from '../errors.js';
import { expectFunction, expectTensor, expectText } from '../tensor/expect.js';
import { moveTensor } from '../tensor/host.js';
import { keep } from '../tensor/memory/scope.js';
import { flag } from '../tensor/option-kinds.js';
import { resolveOptions } from '../tensor/options.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkStateDict, copyStateDict, entriesOf, type LoadOptions, type StateDict } from './state-dict.js';

/** A module that maps one tensor to another, as those in `Sequential` do. */
export interface Layer extends Module {
  forward(x: Tensor): Tensor;
}

/** Options of `registerBuffer`. */
export interface BufferOptions {
  /** The buffer is part of the state dict. Default true. */
  readonly persistent?: boolean;
}

/**
 * Base class of layers and models. A subclass keeps its parameters and child modules in ordinary fields, whose order
 * is the order of the state dict; `registerBuffer` adds tensors that are saved but not trained. Names in a state dict
 * are paths of fields: `layer1.0.conv1.weight`. Private `#fields` are not found; put lists of modules into `ModuleList`.
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

  /** Parameters of this module and of all modules below it, each once. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** `parameters()` by name; a shared parameter is listed under its first name. */
  namedParameters(): Map<string, Parameter> {
    return this.#collect((module) => module.#ownParameters());
  }

  /** Buffers of this module and of all modules below it, each once. */
  buffers(): Tensor[] {
    return [...this.namedBuffers().values()];
  }

  /** `buffers()` by name. */
  namedBuffers(): Map<string, Tensor> {
    return this.#collect((module) => module.#ownBuffers());
  }

  /** Modules directly below this one. */
  children(): Module[] {
    return [...this.namedChildren().values()];
  }

  /**
   * The modules directly below this one, by name.
   * @throws ValueError for a plain array of modules or parameters, which would be missed: use `ModuleList`.
   */
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

  /** This module and all modules below it, each once, parents first. */
  modules(): Module[] {
    return [...this.namedModules().values()];
  }

  /** `modules()` by path; the path of this module is ''. */
  namedModules(): Map<string, Module> {
    const found = new Map<string, Module>();
    const seen = new Set<Module>();
    for (const [path, module] of this.#paths('', [])) {
      if (!seen.has(module)) found.set(path, module);
      seen.add(module);
    }
    return found;
  }

  /** Sets this module and all modules below it to training, or with `false` to evaluation. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Sets this module and all modules below it to evaluation. */
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
   * Copies values into parameters and buffers, in place, from tensors of any device and dtype. Returns the names that
   * were missing and unexpected. With `strict: false` those are allowed, and only shapes must agree.
   * @throws ValueError that lists every name that is missing, unexpected or of another shape; nothing is changed then.
   */
  loadStateDict(state: StateDict, options: LoadOptions = {}): { missing: string[]; unexpected: string[] } {
    const { strict } = resolveOptions('loadStateDict', { strict: flag(true) }, options);
    const own = this.stateDict();
    const given = entriesOf(state);
    const names = checkStateDict(this.constructor.name, own, given, strict);
    copyStateDict(own, given);
    return names;
  }

  /**
   * Moves parameters, their gradients and buffers to a device, in place. From `reference` and `cpu` the move is
   * complete when the call returns, from other devices when the promise resolves.
   * @throws DeviceError for an unknown device.
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

  /** Makes all parameters require gradients or, with `false`, freezes them. */
  setRequiresGrad(on: boolean): this {
    for (const p of this.parameters()) setRequiresGrad(p, on);
    return this;
  }

  /** Calls `visit` on every module below this one, then on this one: for example, to initialise them. */
  apply(visit: (module: Module) => void): this {
    expectFunction('apply', 'a function of a module', visit);
    for (const child of this.children()) child.apply(visit);
    visit(this);
    return this;
  }

  /** Frees parameters, gradients and buffers. The module cannot be used afterwards. */
  dispose(): void {
    this.zeroGrad();
    for (const t of [...this.parameters(), ...this.buffers()]) t.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The tree of modules, one per line. */
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
   * Registers `tensor` as a buffer of this module under `name`, and returns it. Update buffers in place.
   * @throws ValueError for a name that is in use, empty or contains a dot.
   */
  protected registerBuffer<T extends Tensor>(name: string, tensor: T, options: BufferOptions = {}): T {
    const { persistent } = resolveOptions('registerBuffer', { persistent: flag(true) }, options);
    expectText('registerBuffer', 'a name', name);
    expectTensor('registerBuffer', tensor);
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

  /** Every path from this module downwards, with the module at its end; a shared module has several. */
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
