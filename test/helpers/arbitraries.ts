import fc from 'fast-check';
import type { Dtype } from '../../src/dtype.js';

/** Axis lengths around the widths of SIMD registers, odd ones, 1 and, now and then, 0. */
export function axisLength(max = 19): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max }) },
    { weight: 2, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.constant(0) },
  );
}

function long(max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max });
}

/** Limits of the shapes that `shapes` generates. */
export interface ShapeLimits {
  readonly minAxes?: number;
  readonly maxAxes?: number;
  /** The largest number of elements. */
  readonly maxSize?: number;
  /** The longest axis. */
  readonly maxLength?: number;
}

/** Shapes of any rank, including scalars and axes of size 1 and 0. */
export function shapes({
  minAxes = 0,
  maxAxes = 5,
  maxSize = 600,
  maxLength,
}: ShapeLimits = {}): fc.Arbitrary<number[]> {
  const shorten = (shape: number[]) => {
    const short = [...shape];
    // an axis of size 0 must not let the other axes grow without limit
    const extent = () => product(short.map((n) => Math.max(1, n)));
    for (let axis = 0; extent() > maxSize; axis = (axis + 1) % short.length) {
      short[axis] = Math.ceil(short[axis] / 2);
    }
    return short;
  };
  const ordinary = axisLength(maxLength ?? Math.max(37, Math.ceil(2 * Math.sqrt(maxSize))));
  const axis =
    maxLength === undefined
      ? fc.oneof({ weight: 12, arbitrary: ordinary }, { weight: 1, arbitrary: long(maxSize) })
      : ordinary;
  return fc.array(axis, { minLength: minAxes, maxLength: maxAxes }).map(shorten);
}

/** Number of elements of a shape; a separate implementation, so that tests do not depend on the code under test. */
export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Shapes that broadcast to `full`: some axes are 1, some leading axes are missing. */
export function broadcastsTo(full: readonly number[]): fc.Arbitrary<number[]> {
  return fc
    .tuple(
      fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
      fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: full.length }) }),
      fc.boolean(),
    )
    .map(([ones, dropped, same]) => (same ? [...full] : full.map((n, i) => (ones[i] ? 1 : n)).slice(dropped)));
}

/** A seed for `fill`; small, so that counterexamples are easy to read. */
export const seeds: fc.Arbitrary<number> = fc.nat({ max: 9999 });

/** Every dtype. */
export const anyDtype: fc.Arbitrary<Dtype> = fc.constantFrom('float32', 'int32', 'uint8', 'bool');

/** A cheap stream of uniform numbers in [0, 1) that repeats for the same seed. */
export function stream(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The kind of numbers that `fill` makes. */
export type Values =
  | 'unit' /** float32 numbers in (-1, 1) */
  | 'positive' /** float32 numbers in [0.1, 3) */
  | 'lattice' /** multiples of 1/8 in [-4, 4], whose sums and products are exact in float32 */
  | 'halves' /** multiples of 1/2 in [-2, 2] */
  | 'special' /** NaN, infinities, zeros, huge and tiny numbers among ordinary ones */
  | 'small' /** integers in [-9, 9] */
  | 'whole' /** int32 numbers of any size */
  | 'byte' /** 0..255 */
  | 'bit'; /** 0 or 1 */

const specials = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, 2.5, -3.5, 1e-30, -1e-30, 3e38, -3e38, 1e10, 300];

const makers: Readonly<Record<Values, (next: () => number) => number>> = {
  unit: (next) => Math.fround(2 * next() - 1),
  positive: (next) => Math.fround(0.1 + 2.9 * next()),
  lattice: (next) => Math.round(64 * next() - 32) / 8,
  halves: (next) => Math.round(8 * next() - 4) / 2,
  special: (next) =>
    next() < 0.3 ? Math.fround(8 * next() - 4) : Math.fround(specials[Math.floor(next() * specials.length)]),
  small: (next) => Math.round(18 * next() - 9),
  whole: (next) => (next() < 0.3 ? Math.round(10 * next() - 5) : Math.floor((next() - 0.5) * 2 ** 32)),
  byte: (next) => Math.floor(next() * 256),
  bit: (next) => (next() < 0.5 ? 1 : 0),
};

/** `size` numbers of a kind, the same for the same seed. */
export function fill(kind: Values, size: number, seed: number): Float64Array {
  const next = stream(seed);
  return Float64Array.from({ length: size }, () => makers[kind](next));
}

/** The kind of numbers that suits a dtype. */
export function valuesOf(dtype: Dtype, float: Values = 'lattice'): Values {
  if (dtype === 'float32') return float;
  return dtype === 'int32' ? 'small' : dtype === 'uint8' ? 'byte' : 'bit';
}
