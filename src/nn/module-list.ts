import { AntinodeError, expected, textOf, ValueError } from '../errors.js';
import { expectIterable, expectNumber } from '../tensor/expect.js';
import { Module } from './module.js';

/** Modules in a list that their parent can see: item i is `list[i]` and its tensors are named `i.weight` and so on. */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  readonly [index: number]: M;

  /** @throws ValueError unless all are modules. */
  constructor(modules: Iterable<M> = []) {
    super();
    expectIterable(this.constructor.name, 'a list of modules', modules);
    for (const module of modules) this.push(module);
  }

  /** Number of modules. */
  get length(): number {
    let n = 0;
    while (this[n]) n++;
    return n;
  }

  /** Item `index`, counted from the end if negative; undefined outside of the list. */
  at(index: number): M | undefined {
    expectNumber(this.constructor.name, 'an index', index);
    return this[index < 0 ? index + this.length : index];
  }

  /**
   * Appends a module.
   * @throws ValueError for anything else.
   */
  push(module: M): this {
    if (!(module instanceof Module)) throw new ValueError(expected(this.constructor.name, 'modules', textOf(module)));
    // fields named by integers, so that state dicts list them
    Object.assign(this, { [this.length]: module });
    return this;
  }

  *[Symbol.iterator](): Iterator<M> {
    for (let i = 0; this[i]; i++) yield this[i];
  }

  /**
   * Not defined: a list does not know how its modules are used. Call the modules themselves.
   * @throws AntinodeError always.
   */
  forward(..._inputs: never[]): unknown {
    throw new AntinodeError('ModuleList: expected a call of its modules, got one of the list');
  }
}
