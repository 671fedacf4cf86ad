import { ValueError } from '../errors.js';
import { type Pair, pair } from '../tensor/geometry.js';

/** Throws ValueError if `rest`, what remains of an options object after the known ones were taken, is not empty. */
export function noOther(op: string, rest: object, known: string): void {
  for (const name of Object.keys(rest)) throw new ValueError(`${op}: expected options ${known}, got '${name}'`);
}

/** Throws ValueError unless `value` is an integer of at least `least`. */
export function wholeNumber(op: string, name: string, value: number, least = 1): number {
  if (!Number.isInteger(value) || value < least) {
    throw new ValueError(`${op}: expected ${name} to be an integer of at least ${least}, got ${value}`);
  }
  return value;
}

/** [height, width] of a pair. Throws ValueError unless both are integers of at least `least`. */
export function wholePair(op: string, name: string, value: Pair, least = 1): readonly [number, number] {
  const both = pair(value);
  for (const n of both) wholeNumber(op, name, n, least);
  return both;
}

/** A pair as text: one number where both are equal, else `(h, w)`. */
export function pairText([height, width]: readonly [number, number]): string {
  return height === width ? `${height}` : `(${height}, ${width})`;
}
