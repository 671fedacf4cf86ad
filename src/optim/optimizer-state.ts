import { filled } from '../autograd/ops/fill.js';
import { DtypeError, expected, ShapeError, shapeText, textOf, ValueError } from '../errors.js';
import type { Scalars } from '../tensor/backend.js';
import { prepareCopy } from '../tensor/host.js';
import { keep } from '../tensor/memory/scope.js';
import { empty } from '../tensor/run.js';
import { sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { Update } from './rules/update.js';

/** The entry of a parameter in a state dict: its step count, and its slots by name. */
export type SavedParamState = Readonly<Record<string, Tensor | number>>;

/** The entry of a group in a state dict: its options, and its parameters by number. */
export type SavedGroup = Readonly<Record<string, unknown>> & { readonly params: readonly number[] };

/**
 * The state of an optimizer, laid out as in PyTorch: parameters are numbered consecutively across all groups, and
 * `state` has an entry for each parameter that took a step. Everything except the slot tensors is plain data.
 */
export interface OptimizerStateDict {
  /** Name of the algorithm. */
  readonly optimizer: string;
  readonly state: Readonly<Record<number, SavedParamState>>;
  readonly paramGroups: readonly SavedGroup[];
}

/**
 * Checks that a state dict is that of an optimizer of the same kind, with the same number of groups and of parameters
 * in each.
 * @throws ValueError otherwise.
 */
export function checkLayout(
  label: string,
  kind: string,
  groups: readonly { readonly params: readonly Tensor[] }[],
  dict: OptimizerStateDict,
): void {
  if (!isObject(dict) || !isObject(dict.state) || !Array.isArray(dict.paramGroups)) {
    throw new ValueError(expected(label, '{ optimizer, state, paramGroups }', textOf(dict)));
  }
  if (dict.optimizer !== kind) {
    throw new ValueError(expected(label, `the state of ${kind}`, `that of ${dict.optimizer}`));
  }
  for (const group of dict.paramGroups as readonly unknown[]) {
    if (!isObject(group) || !Array.isArray(group.params)) {
      throw new ValueError(expected(label, 'groups { params, ...options } with a list of numbers', textOf(group)));
    }
  }
  const sizes = (of: readonly { readonly params: readonly unknown[] }[]) =>
    `groups of ${of.map(({ params }) => params.length).join(', ')} parameters`;
  if (sizes(dict.paramGroups) !== sizes(groups)) {
    throw new ValueError(expected(label, sizes(groups), sizes(dict.paramGroups)));
  }
  const indices = dict.paramGroups.flatMap(({ params }) => params);
  const known = new Set(indices);
  if (known.size < indices.length || !indices.every(Number.isInteger)) {
    throw new ValueError(expected(label, 'groups that list each parameter once, by an integer', textOf(indices)));
  }
  for (const [index, saved] of Object.entries<unknown>(dict.state)) {
    if (!known.has(Number(index))) {
      throw new ValueError(expected(label, 'state only for parameters of the groups', `parameter ${index}`));
    }
    if (!isObject(saved)) throw new ValueError(expected(label, `{ step, ... } of parameter ${index}`, textOf(saved)));
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The state that an optimizer keeps for one parameter. */
export class ParamState {
  /** Steps taken so far. */
  step = 0;
  #slots: Record<string, Tensor> = {};

  /** Returns the slots of `update`, which no scope frees, on the device of `p`. Creates those that are missing. */
  slots(label: string, update: Update, p: Tensor, scalars: Scalars): Readonly<Record<string, Tensor>> {
    const { backend } = p.storage;
    const found: Record<string, Tensor> = {};
    for (const [name, start] of Object.entries(update.slots)) {
      const value = typeof start === 'number' ? start : scalars[start];
      this.#slots[name] ??= keep(filled(label, p.shape, value, 'float32', backend));
      found[name] = this.#slots[name];
    }
    return found;
  }

  /**
   * Checks the saved state of `p` and allocates memory for it. Returns a function that writes the state in place; until
   * it is called, the memory belongs to the surrounding scope.
   * @throws ValueError for other slots or no step count, ShapeError or DtypeError for tensors that do not fit,
   * ReleasedError for freed ones, and DeviceError for those on another device that cannot be read synchronously.
   */
  prepareLoad(label: string, update: Update, p: Tensor, saved: SavedParamState | undefined): () => void {
    if (!saved) return () => this.dispose();
    const { step, ...slots } = saved;
    const names = Object.keys(update.slots);
    if (typeof step !== 'number' || !Number.isInteger(step) || step < 1) {
      throw new ValueError(expected(label, 'an integer >= 1 as step', textOf(step)));
    }
    if (Object.keys(slots).sort().join() !== [...names].sort().join()) {
      const list = (of: readonly string[]) => (of.length === 0 ? 'no slots' : `the slots ${of.join(', ')}`);
      throw new ValueError(expected(label, list(names), list(Object.keys(slots))));
    }
    const writes = names.map((name) => this.#prepareSlot(`${label}.${name}`, name, p, slots[name]));
    return () => {
      for (const [name, slot] of Object.entries(this.#slots)) if (!names.includes(name)) slot.dispose();
      this.#slots = Object.fromEntries(writes.map(({ name, write }) => [name, write()]));
      this.step = step;
    };
  }

  #prepareSlot(label: string, name: string, p: Tensor, from: unknown): { name: string; write: () => Tensor } {
    if (!(from instanceof Tensor)) throw new ValueError(expected(label, 'a tensor', textOf(from)));
    if (from.dtype !== 'float32') throw new DtypeError(expected(label, 'float32', from.dtype));
    if (!sameShape(from.shape, p.shape)) {
      throw new ShapeError(expected(label, `shape ${shapeText(p.shape)}`, shapeText(from.shape)));
    }
    const { backend } = p.storage;
    const old = this.#slots[name];
    const to = old?.storage.backend === backend ? old : empty(label, p.shape, 'float32', backend);
    const copy = prepareCopy(label, to, from);
    return {
      name,
      write() {
        copy();
        if (old && old !== to) old.dispose();
        return keep(to);
      },
    };
  }

  /** Frees the slots and resets the step count. */
  dispose(): void {
    for (const slot of Object.values(this.#slots)) slot.dispose();
    this.#slots = {};
    this.step = 0;
  }
}
