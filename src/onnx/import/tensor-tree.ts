import { Parameter } from '../../autograd/parameter.js';
import { AntinodeError } from '../../errors.js';
import { Module } from '../../nn/module.js';
import type { Tensor } from '../../tensor/tensor.js';

/** A module that holds parameters and buffers whose names begin alike: `layer1.0.conv1` of `layer1.0.conv1.weight`. */
class TensorGroup extends Module {
  /**
   * Not defined: call the model.
   * @throws AntinodeError always.
   */
  forward(..._inputs: never[]): unknown {
    throw new AntinodeError('TensorGroup: expected a call of the model, got one of a part of it');
  }

  /** Adds a buffer, see `registerBuffer`. */
  addBuffer(name: string, tensor: Tensor, persistent: boolean): void {
    this.registerBuffer(name, tensor, { persistent });
  }
}

/** Adds a buffer to the root of a tree. */
export type AddBuffer = TensorGroup['addBuffer'];

/** Where a parameter is: the program may put another one there. */
export interface Place {
  readonly holder: Module;
  readonly field: string;
}

/** The most modules within each other. */
const mostLevels = 64;

/** Adds tensors to a module under their names in a state dict, whose dots separate modules. */
export class TensorTree {
  readonly #root: Module;
  readonly #addToRoot: AddBuffer;
  /** Names that are taken in each module: of buffers and of what a module has itself. */
  readonly #groups = new Map<Module, Map<string, TensorGroup | null>>();

  constructor(root: Module, addToRoot: AddBuffer) {
    this.#root = root;
    this.#addToRoot = addToRoot;
  }

  /**
   * Adds a parameter, or else a buffer. A part of its name that a module already has, such as `forward`, gets an
   * underscore at its end.
   */
  add(name: string, tensor: Tensor, persistent = true): Place {
    const parts = name.split('.');
    const path = parts.length > mostLevels ? [parts.join('_')] : parts;
    const last = path.pop() as string;
    let holder = this.#root;
    for (const part of path) holder = this.#group(holder, part);
    const field = this.#free(holder, last);
    this.#taken(holder).set(field, null);
    if (tensor instanceof Parameter) setField(holder, field, tensor);
    else if (holder instanceof TensorGroup) holder.addBuffer(field, tensor, persistent);
    else this.#addToRoot(field, tensor, persistent);
    return { holder, field };
  }

  /** The module under a name. */
  #group(holder: Module, part: string): Module {
    const known = this.#taken(holder).get(part);
    if (known) return known;
    const made = new TensorGroup();
    const field = this.#free(holder, part);
    // later parts of this name find it, too, if it had to be changed
    this.#taken(holder).set(part, made).set(field, made);
    setField(holder, field, made);
    return made;
  }

  #free(holder: Module, wanted: string): string {
    let field = wanted || '_';
    while (field in holder || this.#taken(holder).has(field)) field += '_';
    return field;
  }

  #taken(holder: Module): Map<string, TensorGroup | null> {
    const found = this.#groups.get(holder) ?? new Map<string, TensorGroup | null>();
    this.#groups.set(holder, found);
    return found;
  }
}

/** Defines a field, because an assignment to a name like `__proto__` would do something else. */
function setField(holder: Module, field: string, value: unknown): void {
  Object.defineProperty(holder, field, { value, enumerable: true, configurable: true, writable: true });
}
