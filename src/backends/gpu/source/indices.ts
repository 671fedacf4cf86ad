import { stridesOf } from '../../../tensor/shape.js';
import type { Code } from './code.js';

/**
 * Divides an integer expression by a positive integer; returns the names of the quotient, rounded down, and of the
 * remainder. Devices may divide with an error of a few units in the last place, so the remainder corrects the quotient.
 */
export function divide(k: Code, value: string, by: number): [quotient: string, remainder: string] {
  const [q, r] = [k.name('q'), k.name('r')];
  if (by === 1) {
    k.const(q, value);
    return [q, '0'];
  }
  // products with powers of two are exact
  const exact = Number.isInteger(Math.log2(by));
  const declare = (name: string, of: string) => (exact ? k.const(name, of) : k.let(name, of));
  declare(q, `Math.floor((${value}) * ${1 / by})`);
  declare(r, `${value} - ${q} * ${by}`);
  if (exact) return [q, r];
  k.when(`${r} >= ${by}`, () => {
    k.set(q, `${q} + 1`);
    k.set(r, `${r} - ${by}`);
  });
  k.when(`${r} < 0`, () => {
    k.set(q, `${q} - 1`);
    k.set(r, `${r} + ${by}`);
  });
  return [q, r];
}

/** Names of the indices along each axis of the element with a row-major index in a tensor of `shape`. */
export function unravelIndex(k: Code, shape: readonly number[], index: string): string[] {
  const names: string[] = [];
  const strides = stridesOf(shape);
  let rest = index;
  shape.forEach((length, axis) => {
    if (length === 1 || strides[axis] === 1) {
      names.push(k.define('x', length === 1 ? '0' : rest));
    } else {
      const [quotient, remainder] = divide(k, rest, strides[axis]);
      rest = remainder;
      names.push(quotient);
    }
  });
  return names;
}

/** The sum of the products of indices and strides. */
export function linearIndex(strides: readonly number[], indices: readonly string[]): string {
  const terms = strides.flatMap((stride, axis) =>
    stride === 0 ? [] : [stride === 1 ? indices[axis] : `${indices[axis]} * ${stride}`],
  );
  return terms.join(' + ') || '0';
}

/**
 * The name of the row-major index in a strided view of the element at distance `e` from the first one. Threads whose
 * element is not in the view end with `outside`; without `outside` the view must have no gaps. Strides must be
 * positive, and axes must not interleave.
 */
export function indexInView(
  k: Code,
  e: string,
  shape: readonly number[],
  strides: readonly number[],
  outside?: string,
): string {
  const order = shape
    .map((_, axis) => axis)
    .filter((axis) => shape[axis] > 1)
    .sort((a, b) => strides[b] - strides[a]);
  const places = stridesOf(shape);
  const outsideIf = (condition: string) => {
    if (outside !== undefined) k.when(condition, () => k.return(outside));
  };
  outsideIf(`${e} < 0`);
  let rest = e;
  const terms: string[] = [];
  for (const axis of order) {
    const [x, remainder] = divide(k, rest, strides[axis]);
    outsideIf(`${x} >= ${shape[axis]}`);
    rest = remainder;
    terms.push(places[axis] === 1 ? x : `${x} * ${places[axis]}`);
  }
  if (rest !== '0') outsideIf(`${rest} > 0`);
  return k.define('i', terms.join(' + ') || '0');
}
