import { expected, FileError, textOf, ValueError } from '../../errors.js';
import { Tensor } from '../../tensor/tensor.js';

/** Takes a tensor out of a state and returns its name in the file. */
export type PutTensor = (t: Tensor, path: string) => string;

/** Returns the tensor with a given name. */
export type GetTensor = (name: string) => Tensor;

/** Maximum nesting of a state: engines convert JSON recursively, on a stack of limited size. */
const maxDepth = 500;

const specialNumbers = ['NaN', 'Infinity', '-Infinity', '-0'];

/**
 * Converts a state to JSON. Besides JSON values, it preserves numbers that are not finite, -0, undefined, Maps, and
 * tensors, which are stored separately in the file. These appear as objects with one key that starts with `$`.
 * @param path position of `value` in the whole state, for the names of tensors and for error messages
 * @throws ValueError for functions, symbols, bigints, class instances, cycles and more than 500 levels of nesting.
 */
export function stateToJson(value: unknown, path: string, put: PutTensor, above: readonly unknown[] = []): unknown {
  if (value === undefined) return { $undefined: true };
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    return { $number: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (value instanceof Tensor) return { $tensor: put(value, path) };
  if (above.includes(value)) throw rejected('a state without cycles', `one at ${path}`);
  if (above.length === maxDepth) throw rejected(`a state of at most ${maxDepth} levels`, 'more');
  const trail = [...above, value];
  const inner = (item: unknown, key: unknown) => stateToJson(item, `${path}.${keyText(key)}`, put, trail);
  if (Array.isArray(value)) return Array.from(value, inner);
  if (value instanceof Map) {
    return { $map: Array.from(value, ([key, item]) => [inner(key, 'key'), inner(item, key)]) };
  }
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    const kind = typeof value === 'object' ? value?.constructor?.name : typeof value;
    throw rejected(`plain data and tensors at ${path}`, `${kind}`);
  }
  const entries = Object.entries(value as object).map(([key, item]): [string, unknown] => [key, inner(item, key)]);
  const plain = Object.fromEntries(entries);
  return entries.some(([key]) => key.startsWith('$')) ? { $object: plain } : plain;
}

function rejected(wanted: string, got: string): ValueError {
  return new ValueError(expected('saveCheckpoint', wanted, got));
}

/** The part of a path for a key of a Map, which may be of any kind. */
function keyText(key: unknown): string {
  return typeof key === 'object' ? 'item' : String(key);
}

/**
 * Returns the state that stateToJson converted to `json`.
 * @throws FileError, with `file` in the message, if `json` is not a result of stateToJson.
 */
export function jsonToState(file: string, json: unknown, get: GetTensor, depth = 0): unknown {
  const fail = (got: unknown): never => {
    throw new FileError(expected(file, 'a state that saveCheckpoint wrote', textOf(got)));
  };
  if (typeof json !== 'object' || json === null) return json;
  // a level of the state may be two levels of JSON
  if (depth > 2 * maxDepth) return fail('more levels than it writes');
  const inner = (item: unknown): unknown => jsonToState(file, item, get, depth + 1);
  const fields = (object: object) =>
    Object.fromEntries(Object.entries(object).map(([name, item]) => [name, inner(item)]));
  if (Array.isArray(json)) return json.map(inner);
  const entries = Object.entries(json);
  if (!entries.some(([key]) => key.startsWith('$'))) return fields(json);
  const [key, held] = entries.length === 1 ? entries[0] : ['several keys', undefined];
  switch (key) {
    case '$undefined':
      return held === true ? undefined : fail(held);
    case '$number':
      return specialNumbers.includes(held) ? Number(held) : fail(held);
    case '$tensor':
      return typeof held === 'string' ? get(held) : fail(held);
    case '$map':
      if (!Array.isArray(held) || !held.every((pair) => Array.isArray(pair) && pair.length === 2)) return fail(held);
      return new Map(held.map(([name, item]) => [inner(name), inner(item)]));
    case '$object':
      return typeof held === 'object' && held !== null && !Array.isArray(held) ? fields(held) : fail(held);
    default:
      return fail(key);
  }
}
