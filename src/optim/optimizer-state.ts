import { filled } from '../autograd/ops/fill.js';
import { DtypeError, expected, ShapeError, shapeText, textOf, ValueError } from '../errors.js';
import type { Scalars } from '../tensor/backend.js';
import { prepareCopy } from '../tensor/host.js';

import { empty } from '../tensor/run.js';
import { keep } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { Update } from './rules/update.js';

/** What a state dict holds of one parameter: its step count and its slots by name. */
export type SavedParamState = Readonly<Record<string, Tensor | number>>;

/** What a state dict holds of a group: its options, and its parameters by number. */
export type SavedGroup = Readonly<Record<string, unknown>> & { readonly params: readonly number[] };

/**
 * The state of an optimizer, laid out as PyTorch does: parameters are numbered through all groups, and `state` has an
 * entry for those that took a step. Everything but the slot tensors is plain data.
 */
export interface OptimizerStateDict {
  /** Name of the algorithm. */
  readonly optimizer: string;
  readonly state: Readonly<Record<number, SavedParamState>>;
  readonly paramGroups: readonly SavedGroup[];
}

/** Throws ValueError unless a state dict is of the same kind of optimizer, with as many parameters in as many groups. */
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
    throw new ValueError(expected(label, 'every parameter in groups by a number of its own', textOf(indices)));
  }
  for (const [index, saved] of Object.entries<unknown>(dict.state)) {
    if (!known.has(Number(index))) {
      throw new ValueError(expected(label, 'state of parameters in groups', `parameter ${index}`));
    }
    if (!isObject(saved)) throw new ValueError(expected(label, `{ step, ... } of parameter ${index}`, textOf(saved)));
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What an optimizer keeps for one parameter. */
export class ParamState {
  /** Steps taken so far. */
  step = 0;
  #slots: Record<string, Tensor> = {};

  /** The slots of `update`, persistent and on the device of `p`; made where they are missing. */
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
   * Checks what a state dict holds of `p` and allocates memory for it, which belongs to the surrounding scope until the
   * returned function writes the state in place. Throws ValueError for other slots or no step count, ShapeError
   * and DtypeError for other tensors, ReleasedError for freed ones, and DeviceError for those on another device that
   * cannot be read at once.
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

  /** Frees the slots and forgets the steps. */
  dispose(): void {
    for (const slot of Object.values(this.#slots)) slot.dispose();
    this.#slots = {};
    this.step = 0;
  }
}
