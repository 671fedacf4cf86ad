import { expected, FileError } from '../../../errors.js';
import { TorchTensor } from './torch-objects.js';

/** Maximum nesting of containers. */
const maxDepth = 500;

/** What a checkpoint contains, by names made of keys and places, joined by dots. */
export interface Flat {
  readonly tensors: readonly (readonly [name: string, t: TorchTensor])[];
  /** Other values as short text. */
  readonly values: Readonly<Record<string, string>>;
}

/** The name of a checkpoint that is a single tensor. */
const nameOfOne = 'tensor';

/** The items of a container with their keys; undefined for other values. */
function itemsOf(value: unknown): readonly (readonly [key: unknown, item: unknown])[] | undefined {
  if (Array.isArray(value)) return [...value.entries()];
  if (value instanceof Map) return [...value];
  return value instanceof Set ? [...[...value].entries()] : undefined;
}

/** Values that are listed; a checkpoint may contain more, such as a log. */
const mostValues = 1000;

/** Letters of all names for each byte of the pickle. */
const mostLetters = 16;

/**
 * Lists what a checkpoint contains. Containers that occur several times are listed as often, within `budget`, the size
 * of the pickle: by repeating containers within each other, a short pickle can name more tensors than fit in memory.
 * @throws FileError for more than that and for more than 500 levels.
 */
export function flatten(file: string, root: unknown, budget: number): Flat {
  const tensors: (readonly [string, TorchTensor])[] = [];
  const values: [string, string][] = [];
  const path: unknown[] = [];
  const holders = holdersOfTensors(file, root);
  let visits = 0;
  let letters = 0;
  const here = (): string => {
    const name = path.length > 0 ? path.map(String).join('.') : nameOfOne;
    letters += name.length;
    if (letters > mostLetters * budget + 1000) {
      throw new FileError(
        expected(file, `at most ${mostLetters} letters of names for each byte of the pickle`, 'more'),
      );
    }
    return name;
  };
  const visit = (value: unknown): void => {
    if (++visits > budget) throw new FileError(expected(file, 'fewer objects than the pickle has bytes', 'more'));
    // a container in itself
    if (path.length > maxDepth) throw tooDeep(file);
    const isOpen = path.length === 0 || holders.has(value);
    const items = isOpen ? itemsOf(value) : undefined;
    if (value instanceof TorchTensor) tensors.push([here(), value]);
    else if (!items && values.length < mostValues) values.push([here(), summary(value)]);
    for (const [key, item] of items ?? []) {
      path.push(key);
      visit(item);
      path.pop();
    }
  };
  visit(root);
  return { tensors, values: Object.fromEntries(values) };
}

/**
 * The containers with tensors in them.
 * @throws FileError for more than 500 levels.
 */
function holdersOfTensors(file: string, root: unknown): ReadonlySet<unknown> {
  const seen = new Set<unknown>();
  const holders = new Set<unknown>();
  const visit = (value: unknown, depth: number): boolean => {
    if (value instanceof TorchTensor) return true;
    if (seen.has(value)) return holders.has(value);
    const items = itemsOf(value);
    if (!items) return false;
    if (depth === maxDepth) throw tooDeep(file);
    seen.add(value);
    // every item, because the depth of each counts
    const found = items.filter(([, item]) => typeof item === 'object' && visit(item, depth + 1));
    if (found.length > 0) holders.add(value);
    return found.length > 0;
  };
  visit(root, 0);
  return holders;
}

function tooDeep(file: string): FileError {
  return new FileError(expected(file, `at most ${maxDepth} levels of containers`, 'more'));
}

const mostItems = 8;

/** A value as short text, which takes no more time for a long container. */
function summary(value: unknown, depth = 0): string {
  if (typeof value === 'string') return depth === 0 ? value : JSON.stringify(value.slice(0, 50));
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (!(Array.isArray(value) || value instanceof Map || value instanceof Set)) return String(value);
  if (depth === 3) return '…';
  const shown: string[] = [];
  for (const item of value instanceof Map ? value.entries() : value) {
    if (shown.length === mostItems) {
      shown.push('…');
      break;
    }
    const parts = value instanceof Map ? (item as [unknown, unknown]) : [item];
    shown.push(parts.map((part) => summary(part, depth + 1)).join(': '));
  }
  return Array.isArray(value) ? `[${shown.join(', ')}]` : `{${shown.join(', ')}}`;
}

/**
 * Replaces every tensor in nested containers by what `made` returns for it and its name, in place.
 * @throws FileError for more than 500 levels and for tensors that are keys or members of sets.
 */
export async function replaceTensors<T>(
  file: string,
  root: unknown,
  made: (t: TorchTensor, name: string) => Promise<T>,
): Promise<unknown> {
  const done = new Map<unknown, unknown>();
  const path: unknown[] = [];
  const replace = async (value: unknown): Promise<unknown> => {
    if (done.has(value)) return done.get(value);
    if (value instanceof TorchTensor) {
      const result = await made(value, path.map(String).join('.') || nameOfOne);
      done.set(value, result);
      return result;
    }
    const items = itemsOf(value);
    if (!items) return value;
    if (path.length === maxDepth) throw tooDeep(file);
    done.set(value, value);
    for (const [key, item] of items) {
      if (key instanceof TorchTensor || (value instanceof Set && item instanceof TorchTensor)) {
        throw new FileError(expected(file, 'tensors in lists and as values of dicts', 'one elsewhere'));
      }
      if (typeof item !== 'object' || item === null) continue;
      path.push(key);
      const replaced = await replace(item);
      path.pop();
      if (Array.isArray(value)) value[key as number] = replaced;
      else if (value instanceof Map) value.set(key, replaced);
    }
    return value;
  };
  return replace(root);
}
