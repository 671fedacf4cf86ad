import { expected, textOf, ValueError } from '../errors.js';
import type { Option } from './option-kinds.js';

/**
 * The options of an operation, layer, optimizer, loader and so on, by name. All options are checked against such a
 * table.
 *
 * @example
 * const table = { stride: countPair(1), device: optional(text()) } satisfies OptionTable<PoolOptions>;
 * const { stride, device } = resolveOptions('pool', table, options);
 */
export type OptionTable<O> = { readonly [K in keyof O]-?: Option<O[K]> };

/** What a caller passes: any of the options, and at least those in `Needed`. */
export type Given<O, Needed extends keyof O = never> = Readonly<Partial<O> & Pick<O, Needed>>;

/**
 * Returns options as an object; undefined means none.
 * @throws ValueError for any other value.
 */
export function optionsObject<O extends object>(label: string, options: O | undefined): Partial<O> {
  if (options === undefined) return {};
  if (typeof options === 'object' && options !== null) return options;
  throw new ValueError(expected(label, 'an object with options', textOf(options)));
}

/**
 * Merges the options in `layers` and fills in the defaults. A later layer overrides an earlier one; undefined counts as
 * not given.
 * @throws ValueError for a layer that is not an object, a name that is not in the table, a value that the table does
 * not accept, and a missing option that has no default.
 */
export function resolveOptions<O extends object>(
  label: string,
  table: OptionTable<O>,
  ...layers: readonly (object | undefined)[]
): O {
  if (layers.every((layer) => layer === undefined)) {
    const complete = completeDefaults.get(table);
    if (complete) return complete as O;
  } else if (layers.length === 1) {
    const resolved = resolvedAtOnce(table, layers[0] as object);
    if (resolved) return resolved;
  }
  const known = Object.keys(table) as (keyof O & string)[];
  const resolved: Partial<Record<keyof O, unknown>> = {};
  for (const name of known) resolved[name] = table[name].initial;
  for (const layer of layers) {
    for (const [name, value] of Object.entries(optionsObject(label, layer))) {
      if (!Object.hasOwn(table, name)) {
        throw new ValueError(`${label}: expected options among ${known.join(', ')}, got '${name}'`);
      }
      if (value !== undefined) resolved[name as keyof O] = value;
    }
  }
  for (const name of known) {
    const value = resolved[name];
    if (!table[name].accepts(value)) {
      const got = value === undefined ? 'none' : textOf(value);
      throw new ValueError(`${label}: expected option ${name} ${table[name].wanted}, got ${got}`);
    }
  }
  if (layers.every((layer) => layer === undefined)) completeDefaults.set(table, Object.freeze(resolved));
  return resolved as O;
}

interface Prepared {
  readonly defaults: object;
  /** Options without a default that must be given. */
  readonly needed: readonly string[];
}

const preparedTables = new WeakMap<object, Prepared>();

function preparedOf(table: object): Prepared {
  let found = preparedTables.get(table);
  if (!found) {
    const entries = Object.entries(table) as [string, Option<unknown>][];
    const defaults = Object.fromEntries(entries.map(([name, { initial }]) => [name, initial]));
    found = { defaults, needed: entries.flatMap(([name, o]) => (o.accepts(o.initial) ? [] : [name])) };
    preparedTables.set(table, found);
  }
  return found;
}

/**
 * Resolves a single layer in one pass, because operations are called often. Returns undefined if an option is invalid
 * or missing.
 */
function resolvedAtOnce<O extends object>(table: OptionTable<O>, layer: object): O | undefined {
  if (typeof layer !== 'object' || layer === null) return undefined;
  const { defaults, needed } = preparedOf(table);
  const resolved = { ...defaults } as O;
  for (const name of Object.keys(layer) as (keyof O & string)[]) {
    const option = Object.hasOwn(table, name) ? table[name] : undefined;
    const value = (layer as O)[name];
    if (option === undefined || (value !== undefined && !option.accepts(value))) return undefined;
    if (value !== undefined) resolved[name] = value;
  }
  for (const name of needed) if (resolved[name as keyof O] === undefined) return undefined;
  return resolved;
}

/** The resolved defaults of each table, so that a call without options costs nothing. */
const completeDefaults = new WeakMap<object, object>();

/**
 * Returns a positional argument unchanged.
 * @throws ValueError with `label` and `name` in the message unless `kind` accepts it.
 */
export function checkArgument<T>(label: string, name: string, kind: Option<T>, value: T): T {
  if (!kind.accepts(value)) throw new ValueError(expected(label, `${name} ${kind.wanted}`, textOf(value)));
  return value;
}

/** Returns the defaults of a table; options without a default are absent. */
export function defaultsOf<O extends object>(table: OptionTable<O>): Partial<O> {
  const entries = Object.entries<Option<unknown>>(table).map(([name, { initial }]) => [name, initial] as const);
  return Object.fromEntries(entries.filter(([, initial]) => initial !== undefined)) as Partial<O>;
}
