import { gradientState } from '../autograd/graph.js';
import { DtypeError, describe, expected, textOf, ValueError } from '../errors.js';

import { Tensor } from '../tensor/tensor.js';

/** A group of parameters with its own options; options that are absent are those of the optimizer. */
export type GroupGiven<O> = Readonly<Partial<O>> & { readonly params: Iterable<Tensor> };

/** The parameters of an optimizer: a list of them, or a list of groups. */
export type Params<O> = Iterable<Tensor> | Iterable<GroupGiven<O>>;

/** A group of parameters of an optimizer. Its options may change between steps; schedules write `lr` and momentum. */
export type ParamGroup<O> = O & {
  readonly params: readonly Tensor[];
  /** The learning rate with which the group was added; schedules start from it. */
  initialLr: number;
};

/**
 * Returns the groups of `params`; a list of parameters becomes one group.
 * @throws ValueError for an empty list and for other values.
 */
export function groupsOf<O>(label: string, params: Params<O>): readonly GroupGiven<O>[] {
  const list = listOf<unknown>(label, params);
  if (list.length > 0 && list.every(isGroup)) return list as readonly GroupGiven<O>[];
  if (list.length === 0) throw new ValueError(expected(label, 'at least one parameter', 'an empty list'));
  return [{ params: list as readonly Tensor[] } as unknown as GroupGiven<O>];
}

function isGroup(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'params' in item;
}

/**
 * Returns a group unchanged.
 * @throws ValueError unless it is an object with `params`.
 */
export function checkGroup<O>(label: string, group: unknown): GroupGiven<O> {
  if (isGroup(group)) return group as GroupGiven<O>;
  throw new ValueError(expected(label, 'a group { params, ...options }', textOf(group)));
}

/**
 * Returns the parameters of a new group as an array.
 * @throws ValueError for a parameter that is not a leaf of the graph, is in `taken` or is twice in the group;
 * DtypeError unless it is float32.
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

/**
 * Returns parameters as an array.
 * @throws ValueError unless they can be iterated and all are tensors.
 */
export function tensorsOf(label: string, params: Iterable<Tensor>): readonly Tensor[] {
  const list = listOf<Tensor>(label, params);
  list.forEach((p: unknown, i) => {
    if (!(p instanceof Tensor)) throw new ValueError(expected(label, `a tensor as parameter ${i}`, textOf(p)));
  });
  return list;
}

function listOf<T>(label: string, items: Iterable<T> | object): readonly T[] {
  if (
    typeof items !== 'object' ||
    items === null ||
    typeof (items as Partial<Iterable<T>>)[Symbol.iterator] !== 'function'
  ) {
    throw new ValueError(expected(label, 'a list of parameters, such as model.parameters()', textOf(items)));
  }
  return [...(items as Iterable<T>)];
}
