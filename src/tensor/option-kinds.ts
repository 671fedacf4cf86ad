/** One option: what it is when nobody gives it, and what it may be. */
export interface Option<T> {
  /** The default; undefined where the option must be given. */
  readonly initial: T | undefined;
  /** Finishes the sentence `expected option x ...`. */
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

/** An integer >= 1. */
export const count: (initial?: number) => Option<number> = numeric(
  'to be an integer >= 1',
  (x) => Number.isInteger(x) && x >= 1,
);

/** An integer >= 0. */
export const natural: (initial?: number) => Option<number> = numeric(
  'to be an integer >= 0',
  (x) => Number.isInteger(x) && x >= 0,
);

/** Any integer. */
export const integer: (initial?: number) => Option<number> = numeric('to be an integer', Number.isInteger);

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

/** An integer >= `least` for height and width alike, or one for each. */
export function pairOf(
  least: number,
  initial?: number | readonly [number, number],
): Option<number | readonly [number, number]> {
  const test: Test = (n) => Number.isInteger(n) && n >= least;
  const accepts = (x: unknown) => (typeof x === 'number' ? test(x) : isList(x, test) && x.length === 2);
  return { initial, wanted: `to be an integer >= ${least} or a pair of them`, accepts };
}

/** True or false. */
export function flag(initial?: boolean): Option<boolean> {
  return { initial, wanted: 'to be true or false', accepts: (x) => typeof x === 'boolean' };
}

/** One of a few words. */
export function oneOf<const W extends string>(words: readonly W[], initial?: W): Option<W> {
  const wanted = `to be ${words.map((word) => `'${word}'`).join(' or ')}`;
  return { initial, wanted, accepts: (x) => (words as readonly unknown[]).includes(x) };
}

/** Numbers by name. */
export function numbersByName(initial?: Readonly<Record<string, number>>): Option<Readonly<Record<string, number>>> {
  const accepts = (x: unknown) =>
    typeof x === 'object' && x !== null && Object.values(x).every((value) => typeof value === 'number');
  return { initial, wanted: 'to be an object with numbers', accepts };
}

/** Any text. */
export function text(initial?: string): Option<string> {
  return { initial, wanted: 'to be a string', accepts: (x) => typeof x === 'string' };
}

/** An object of a class. */
export function instance<T>(type: abstract new (...args: never[]) => T, what: string): Option<T> {
  return { initial: undefined, wanted: `to be ${what}`, accepts: (x) => x instanceof type };
}

/** A list of what `kind` accepts; `what` is the plural. */
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
