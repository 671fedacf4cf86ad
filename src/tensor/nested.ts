import type { TypedArray } from '../dtype.js';

/** Numbers in arrays nested as deeply as the tensor has axes. */
export type Nested = number | readonly Nested[];

/** Arranges row-major values in nested arrays. */
export function nest(values: TypedArray, shape: readonly number[]): Nested {
  let level: Nested[] = Array.from(values);
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const length = shape[axis];
    const count = shape.slice(0, axis).reduce((a, b) => a * b, 1);
    level = Array.from({ length: count }, (_, i) => level.slice(i * length, (i + 1) * length));
  }
  return shape.length === 0 ? level[0] : level;
}
