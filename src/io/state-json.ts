import { FileError, ValueError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';

/** Takes a tensor out of a state and returns its name in the file. */
export type PutTensor = (t: Tensor, path: string) => string;

/** Returns the tensor with a given name. */
export type GetTensor = (name: string) => Tensor;

/**
 * Converts a state to JSON. Besides JSON values, it preserves numbers that are not finite, -0, undefined, Maps, and
 * tensors, which are stored separately in the file. These appear as objects with one key that starts with `$`.
 * @param path position of `value` in the whole state, for the names of tensors and for error messages
 * @throws ValueError for functions, symbols, bigints, class instances and cycles.
 */
export function stateToJson(value: unknown, path: string, put: PutTensor, above: readonly unknown[] = []): unknown {
  if (value === undefined) return { $undefined: true };
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    return { $number: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (value instanceof Tensor) return { $tensor: put(value, path) };
  if (above.includes(value))
    throw new ValueError(`saveCheckpoint: expected a state without cycles, got one at ${path}`);
  const trail = [...above, value];
  const inner = (item: unknown, key: unknown) => stateToJson(item, `${path}.${String(key)}`, put, trail);
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Map) {
    return { $map: Array.from(value, ([key, item]) => [inner(key, 'key'), inner(item, key)]) };
  }
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    const kind = typeof value === 'object' ? value?.constructor?.name : typeof value;
    throw new ValueError(`saveCheckpoint: expected plain data and tensors at ${path}, got ${kind}`);
  }
  const entries = Object.entries(value as object).map(([key, item]): [string, unknown] => [key, inner(item, key)]);
  const plain = Object.fromEntries(entries);
  return entries.some(([key]) => key.startsWith('$')) ? { $object: plain } : plain;
}

/**
 * Returns the state that stateToJson converted to `json`.
 * @throws FileError if `json` is not a result of stateToJson.
 */
export function jsonToState(json: unknown, get: GetTensor): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const inner = (item: unknown) => jsonToState(item, get);
  if (Array.isArray(json)) return json.map(inner);
  const entries = Object.entries(json);
  const [key, held] = entries.length === 1 ? entries[0] : ['', undefined];
  if (!key.startsWith('$')) return Object.fromEntries(entries.map(([name, item]) => [name, inner(item)]));
  switch (key) {
    case '$undefined':
      return undefined;
    case '$number':
      return Number(held);
    case '$tensor':
      return get(String(held));
    case '$map':
      return new Map((held as [unknown, unknown][]).map(([name, item]) => [inner(name), inner(item)]));
    case '$object':
      return Object.fromEntries(Object.entries(held as object).map(([name, item]) => [name, inner(item)]));
    default:
      throw new FileError(`loadCheckpoint: expected a state that saveCheckpoint wrote, got '${key}'`);
  }
}
