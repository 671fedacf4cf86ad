/**
 * Visits every element of `shape` in row-major order with its offset in each of several strided views. A shape with an
 * axis of size zero has no elements; the empty shape has one.
 */
export function walk(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  starts: readonly number[],
  visit: (offsets: readonly number[]) => void,
): void {
  const step = (axis: number, offsets: readonly number[]): void => {
    if (axis === shape.length) {
      visit(offsets);
      return;
    }
    const at = [...offsets];
    for (let i = 0; i < shape[axis]; i++) {
      step(axis + 1, at);
      for (let view = 0; view < at.length; view++) at[view] += strides[view][axis];
    }
  };
  if (!shape.includes(0)) step(0, starts);
}

/** A shape divided at one of its axes: `outer` blocks of `length` rows of `inner` elements each. */
export interface AxisView {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Splits a shape at an axis. */
export function viewAlong(shape: readonly number[], axis: number): AxisView {
  const product = (lengths: readonly number[]) => lengths.reduce((a, b) => a * b, 1);
  return { outer: product(shape.slice(0, axis)), length: shape[axis], inner: product(shape.slice(axis + 1)) };
}
