import type { Pair } from './shape.js';

/** One option: its default, and which values it accepts. */
export interface Option<T> {
  /** The default; undefined if the option must be given. */
  readonly initial: T | undefined;
  /** Completes the sentence `expected option x ...`. */
  readonly wanted: string;
  accepts(value: unknown): boolean;
}

type Test = (x: number) => boolean;

const isNumber = (x: unknown, test: Test): boolean => typeof x === 'number' && Number.isFinite(x) && test(x);

const isList = (x: unknown, test: Test): x is readonly number[] =>
  Array.isArray(x) && x.every((item) => isNumber(item, test));

const numeric =
  (wanted: string, test: Test) =>
  (initial?: number): Option<number> => ({ initial, wanted, accepts: (x) => isNumber(x, test) });

/** Any number, infinities and NaN included. */
export function number(initial?: number): Option<number> {
  return { initial, wanted: 'to be a number', accepts: (x) => typeof x === 'number' };
}

/** Any finite number. */
export const finite: (initial?: number) => Option<number> = numeric('to be a finite number', () => true);

/** A finite number >= 0. */
export const nonNegative: (initial?: number) => Option<number> = numeric('>= 0', (x) => x >= 0);

/** A finite number > 0. */
export const positive: (initial?: number) => Option<number> = numeric('> 0', (x) => x > 0);

/** A number in [0, 1), such as the decay rate of a moving average. */
export const fraction: (initial?: number) => Option<number> = numeric('in [0, 1)', (x) => x >= 0 && x < 1);

/** A number in [0, 1]. */
export const share: (initial?: number) => Option<number> = numeric('in [0, 1]', (x) => x >= 0 && x <= 1);

/** A number in (0, 1]. */
export const positiveShare: (initial?: number) => Option<number> = numeric('in (0, 1]', (x) => x > 0 && x <= 1);

/** A number >= 0 that may be infinite, such as a bound. */
export function bound(initial?: number): Option<number> {
  return { initial, wanted: '>= 0', accepts: (x) => x === Number.POSITIVE_INFINITY || isNumber(x, (n) => n >= 0) };
}

/** Any integer. */
export const integer: (initial?: number) => Option<number> = numeric('to be an integer', Number.isInteger);

/** An integer >= `least`. */
export function atLeast(least: number, initial?: number): Option<number> {
  return numeric(`to be an integer >= ${least}`, (x) => Number.isInteger(x) && x >= least)(initial);
}

/** An integer >= 1. */
export const count = (initial?: number): Option<number> => atLeast(1, initial);

/** An integer >= 0. */
export const natural = (initial?: number): Option<number> => atLeast(0, initial);

/** An integer >= 1 for height and width, or a pair of them. */
export const countPair = (initial?: Pair): Option<Pair> => pairAtLeast(1, initial);

/** An integer >= 0 for height and width, or a pair of them. */
export const naturalPair = (initial?: Pair): Option<Pair> => pairAtLeast(0, initial);

function pairAtLeast(least: number, initial?: Pair): Option<Pair> {
  const { wanted, accepts } = atLeast(least);
  const isPair = (x: unknown) => Array.isArray(x) && x.length === 2 && x.every(accepts);
  return { initial, wanted: `${wanted} or a pair of them`, accepts: (x) => accepts(x) || isPair(x) };
}

/** Two numbers in [0, 1). */
export function fractions(initial?: readonly [number, number]): Option<readonly [number, number]> {
  const accepts = (x: unknown) => isList(x, (beta) => beta >= 0 && beta < 1) && x.length === 2;
  return { initial, wanted: 'to be two numbers in [0, 1)', accepts };
}

/** One axis or a list of them, which may count from the end. */
export function axes(): Option<number | readonly number[]> {
  const accepts = (x: unknown) => isNumber(x, Number.isInteger) || isList(x, Number.isInteger);
  return { initial: undefined, wanted: 'to be an axis or a list of axes', accepts };
}

/** A list of integers >= 0. */
export function naturals(initial?: readonly number[]): Option<readonly number[]> {
  const accepts = (x: unknown) => isList(x, (n) => Number.isInteger(n) && n >= 0);
  return { initial, wanted: 'to be a list of integers >= 0', accepts };
}

/** A list of integers >= 1, with `length` elements if given. */
export function counts<T extends readonly number[] = readonly number[]>(length?: T['length']): Option<T> {
  const fits = (x: unknown): boolean => isList(x, (n) => Number.isInteger(n) && n >= 1);
  return {
    initial: undefined,
    wanted: `to be a list of ${length === undefined ? '' : `${length} `}integers >= 1`,
    accepts: (x) => fits(x) && (length === undefined || (x as readonly number[]).length === length),
  };
}

/** A list or typed array of numbers; the caller checks the elements. */
export function numbers(): Option<ArrayLike<number>> {
  const accepts = (x: unknown) => Array.isArray(x) || (ArrayBuffer.isView(x) && 'length' in x);
  return { initial: undefined, wanted: 'to be a list or typed array of numbers', accepts };
}

/** True or false. */
export function flag(initial?: boolean): Option<boolean> {
  return { initial, wanted: 'to be true or false', accepts: (x) => typeof x === 'boolean' };
}

/** One of the given words or numbers. */
export function oneOf<const W extends string | number>(values: readonly W[], initial?: W): Option<W> {
  const wanted = `to be ${values.map((value) => (typeof value === 'string' ? `'${value}'` : value)).join(' or ')}`;
  return { initial, wanted, accepts: (x) => (values as readonly unknown[]).includes(x) };
}

/** Numbers by name. */
export function numbersByName(initial?: Readonly<Record<string, number>>): Option<Readonly<Record<string, number>>> {
  const accepts = (x: unknown) =>
    typeof x === 'object' && x !== null && Object.values(x).every((value) => typeof value === 'number');
  return { initial, wanted: 'to be an object with numbers', accepts };
}

/** Any string. */
export function text(initial?: string): Option<string> {
  return { initial, wanted: 'to be a string', accepts: (x) => typeof x === 'string' };
}

/** A list of strings. */
export function texts(): Option<readonly string[]> {
  const accepts = (x: unknown) => Array.isArray(x) && x.every((item) => typeof item === 'string');
  return { initial: undefined, wanted: 'to be a list of strings', accepts };
}

/** A function; `of` describes its arguments. */
export function callback<F extends (...args: never[]) => unknown>(of?: string): Option<F> {
  const wanted = of === undefined ? 'to be a function' : `to be a function of ${of}`;
  return { initial: undefined, wanted, accepts: (x) => typeof x === 'function' };
}

/** A class, whose constructor may be protected. */
export interface ClassOf<T> {
  readonly prototype: T;
  [Symbol.hasInstance](value: unknown): boolean;
}

/** An instance of a class. */
export function instance<T>(type: ClassOf<T>, what: string): Option<T> {
  return { initial: undefined, wanted: `to be ${what}`, accepts: (x) => x instanceof type };
}

/** A list whose items the given kind accepts; `what` is their name in the plural. */
export function listOf<T>({ accepts }: Option<T>, what: string): Option<readonly T[]> {
  return {
    initial: undefined,
    wanted: `to be a list of ${what}`,
    accepts: (x) => Array.isArray(x) && x.every(accepts),
  };
}

/** An option that may be absent: undefined stays undefined. */
export function optional<T>({ wanted, accepts }: Option<T>): Option<T | undefined> {
  return { initial: undefined, wanted, accepts: (x) => x === undefined || accepts(x) };
}

/** An option that may also be null. */
export function nullable<T>({ initial, wanted, accepts }: Option<T>): Option<T | null> {
  return { initial, wanted: `${wanted}, or null`, accepts: (x) => x === null || accepts(x) };
}
