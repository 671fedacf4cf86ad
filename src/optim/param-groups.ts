import { gradientState } from '../autograd/graph.js';
import { DtypeError, expected, ValueError } from '../errors.js';
import { flag, nonNegative, oneOf } from '../tensor/option-kinds.js';
import { type OptionTable, textOf } from '../tensor/options.js';
import { describe } from '../tensor/print.js';
import { Tensor } from '../tensor/tensor.js';
import type { Decay } from './rules/update.js';

/** Options that every optimizer takes. */
export interface CommonOptions {
  /** Learning rate, >= 0. */
  lr: number;
  /** Strength of weight decay, >= 0. Default 0 unless the optimizer says otherwise. */
  weightDecay: number;
  /** Where weight decay enters: `'l2'` g + weightDecay theta, or `'decoupled'` theta (1 - lr weightDecay) before the update. */
  decay: Decay;
  /** Climb instead of descend: the gradient is negated first. Default false. */
  maximize: boolean;
}

/** The table of the options that every optimizer takes, with its defaults; without `lr` the caller must give one. */
export function common(decay: Decay, lr?: number, weightDecay = 0): OptionTable<CommonOptions> {
  return {
    lr: nonNegative(lr),
    weightDecay: nonNegative(weightDecay),
    decay: oneOf(['l2', 'decoupled'], decay),
    maximize: flag(false),
  };
}

/** Parameters with options of their own; options that are absent are those of the optimizer. */
export type GroupGiven<O> = Readonly<Partial<O>> & { readonly params: Iterable<Tensor> };

/** What an optimizer is made for: parameters, or groups of parameters. */
export type Params<O> = Iterable<Tensor> | Iterable<GroupGiven<O>>;

/** A group of parameters inside of an optimizer. Its options may be changed between steps; schedules write `lr`, and momentum. */
export type ParamGroup<O> = O & {
  readonly params: readonly Tensor[];
  /** The learning rate that the group was added with, from which schedules start. */
  initialLr: number;
};

/** Parameters as one group, groups as they are. Throws ValueError if there is no parameter at all or it is no list. */
export function groupsOf<O>(label: string, params: Params<O>): readonly GroupGiven<O>[] {
  const list = listOf<unknown>(label, params);
  if (list.length > 0 && list.every(isGroup)) return list as readonly GroupGiven<O>[];
  if (list.length === 0) throw new ValueError(expected(label, 'at least one parameter', 'an empty list'));
  return [{ params: list as readonly Tensor[] } as unknown as GroupGiven<O>];
}

function isGroup(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'params' in item;
}

/** A group as it is. Throws ValueError unless it is an object with `params`. */
export function checkGroup<O>(label: string, group: unknown): GroupGiven<O> {
  if (isGroup(group)) return group as GroupGiven<O>;
  throw new ValueError(expected(label, 'a group { params, ...options }', textOf(group)));
}

/**
 * The parameters of a new group. Throws ValueError for one that is not the leaf of a graph or that `taken` or the
 * group itself already holds, DtypeError unless it is float32.
 */
export function checkParams(label: string, params: Iterable<Tensor>, taken: ReadonlySet<Tensor>): readonly Tensor[] {
  const list = tensorsOf(label, params);
  list.forEach((p, i) => {
    if (p.dtype !== 'float32') throw new DtypeError(expected(label, `parameter ${i} to be float32`, p.dtype));
    if (gradientState(p)?.node) {
      throw new ValueError(expected(label, `parameter ${i} to be a leaf`, `the result of ${p.madeBy}`));
    }
    if (taken.has(p))
      throw new ValueError(expected(label, 'every parameter once', `${describe(p)} again, from another group`));
    if (list.indexOf(p) < i) {
      throw new ValueError(expected(label, 'every parameter once', `parameter ${i} again: ${describe(p)}`));
    }
  });
  return list;
}

/** Parameters as a list. Throws ValueError for what cannot be iterated and for items that are no tensors. */
export function tensorsOf(label: string, params: Iterable<Tensor>): readonly Tensor[] {
  const list = listOf<Tensor>(label, params);
  list.forEach((p: unknown, i) => {
    if (!(p instanceof Tensor)) throw new ValueError(expected(label, `a tensor as parameter ${i}`, textOf(p)));
  });
  return list;
}

function listOf<T>(label: string, items: Iterable<T> | object): readonly T[] {
  if (typeof items !== 'object' || items === null || !(Symbol.iterator in items)) {
    throw new ValueError(expected(label, 'a list of parameters, such as model.parameters()', textOf(items)));
  }
  return [...(items as Iterable<T>)];
}
