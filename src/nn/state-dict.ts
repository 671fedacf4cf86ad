import { expected, shapeText, textOf, ValueError } from '../errors.js';
import { prepareCopy } from '../tensor/host.js';
import { sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/** Tensors by name: what `stateDict` returns, or a plain object. */
export type StateDict = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** Options of `loadStateDict`. */
export interface LoadOptions {
  /** Reject a state dict with missing or unexpected names. Default true. */
  readonly strict?: boolean;
}

/**
 * Returns the tensors of a state dict by name.
 * @throws ValueError unless it is a Map or an object.
 */
export function entriesOf(state: StateDict): ReadonlyMap<string, Tensor> {
  if (state instanceof Map) return state;
  if (typeof state !== 'object' || state === null) {
    throw new ValueError(expected('loadStateDict', 'a Map or an object of tensors by name', textOf(state)));
  }
  return new Map(Object.entries(state));
}

/**
 * Compares the tensors `given` with those that a module has (`own`). Returns the names that are missing and unexpected.
 * @throws ValueError naming all tensors of another shape and, if `strict`, all that are missing or unexpected.
 * @throws ReleasedError if a tensor was freed.
 */
export function checkStateDict(
  what: string,
  own: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, Tensor>,
  strict: boolean,
): { missing: string[]; unexpected: string[] } {
  const missing = [...own.keys()].filter((name) => !given.has(name));
  const unexpected = [...given.keys()].filter((name) => !own.has(name));
  const misfits = [...own].flatMap(([name, to]) => (given.has(name) ? misfit(name, to, given.get(name)) : []));
  const faults = [
    ...(strict ? listed('missing', missing) : []),
    ...(strict ? listed('unexpected', unexpected) : []),
    ...listed('misshapen', misfits),
  ];
  if (faults.length > 0) {
    throw new ValueError(`loadStateDict: expected the tensors of ${what}, got ${faults.join('; ')}`);
  }
  return { missing, unexpected };
}

/**
 * Writes the values of `given` into the tensors of the same name in `own`.
 * @throws DeviceError if a tensor cannot be copied, before any is written.
 */
export function copyStateDict(own: ReadonlyMap<string, Tensor>, given: ReadonlyMap<string, Tensor>): void {
  // everything that can fail comes before the first write
  const copies = [...own].flatMap(([name, to]) => {
    const from = given.get(name);
    return from ? [prepareCopy('loadStateDict', to, from)] : [];
  });
  for (const copy of copies) copy();
}

function misfit(name: string, to: Tensor, from: unknown): string[] {
  if (!(from instanceof Tensor)) return [`${name} (no tensor)`];
  if (!sameShape(to.shape, from.storage && from.shape)) {
    return [`${name} ${shapeText(from.shape)} for ${shapeText(to.shape)}`];
  }
  return [];
}

function listed(what: string, names: readonly string[]): string[] {
  return names.length > 0 ? [`${names.length} ${what}: ${names.join(', ')}`] : [];
}
