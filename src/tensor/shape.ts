import { ShapeError, shapeText, textOf, ValueError } from '../errors.js';

/** A shape of `N` axes as a tuple of their lengths; a list of any length if `N` is not known at compile time. */
export type Dims<N extends number, Found extends readonly number[] = readonly []> = number extends N
  ? readonly number[]
  : Found['length'] extends N
    ? Found
    : Dims<N, readonly [...Found, number]>;

/** Number of elements of a shape; 1 for a scalar. */
export function numel(shape: readonly number[]): number {
  let n = 1;
  for (const length of shape) n *= length;
  return n;
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** True if both shapes have the same axes. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/**
 * The common shape of operands under NumPy's broadcasting rules.
 * @throws ShapeError, with `op` in the message, unless the shapes broadcast.
 */
export function broadcastShapes(op: string, ...shapes: readonly (readonly number[])[]): number[] {
  const ndim = Math.max(0, ...shapes.map((shape) => shape.length));
  const out = new Array<number>(ndim).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = ndim - shape.length + i;
      if (shape[i] === 1 || shape[i] === out[at]) continue;
      if (out[at] !== 1) {
        throw new ShapeError(`${op}: expected shapes that broadcast, got ${shapes.map(shapeText).join(' and ')}`);
      }
      out[at] = shape[i];
    }
  }
  return out;
}

/** Strides that read a tensor of `shape` as if it had the broadcast shape `out`: 0 along repeated axes. */
export function broadcastStrides(
  shape: readonly number[],
  out: readonly number[],
  own: readonly number[] = stridesOf(shape),
): number[] {
  const lead = out.length - shape.length;
  return out.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : own[axis - lead]));
}

/**
 * Converts an axis that may count from the end to a non-negative one.
 * @throws ValueError, with `op` in the message, unless the axis exists.
 */
export function normalizeAxis(op: string, axis: number, ndim: number): number {
  if (ndim === 0) throw new ValueError(`${op}: expected a tensor with at least one axis, got a scalar`);
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) {
    throw new ValueError(`${op}: expected axis in [${-ndim}, ${ndim - 1}], got ${textOf(axis)}`);
  }
  return axis < 0 ? axis + ndim : axis;
}

/**
 * Converts axes to non-negative ones in ascending order; undefined means all axes.
 * @throws ValueError, with `op` in the message, for axes that do not exist or are repeated.
 */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, ndim: number): number[] {
  if (axes === undefined) return Array.from({ length: ndim }, (_, axis) => axis);
  if (typeof axes !== 'number' && !Array.isArray(axes)) {
    throw new ValueError(`${op}: expected an axis or a list of axes, got ${textOf(axes)}`);
  }
  const list = (typeof axes === 'number' ? [axes] : (axes as readonly number[])).map((axis) =>
    normalizeAxis(op, axis, ndim),
  );
  if (new Set(list).size !== list.length) throw new ValueError(`${op}: expected distinct axes, got ${textOf(axes)}`);
  return list.sort((a, b) => a - b);
}

/** The shape after reducing `axes`, which are kept with size 1 if `keepDim`. */
export function reducedShape(shape: readonly number[], axes: readonly number[], keepDim: boolean): number[] {
  return keepDim
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/**
 * Returns a shape unchanged.
 * @throws ShapeError, with `op` in the message, unless every length is an integer of at least 0.
 */
export function checkShape(op: string, shape: readonly number[]): readonly number[] {
  if (!Array.isArray(shape) || !shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new ShapeError(`${op}: expected a shape of integers, got ${shapeTextOf(shape)}`);
  }
  return shape;
}

/** A shape, or what was given in its place, as text. */
function shapeTextOf(shape: unknown): string {
  return Array.isArray(shape) ? `(${shape.slice(0, 64).map(textOf).join(', ')})` : textOf(shape);
}

/** Two numbers for height and width, or one for both. */
export type Pair = number | readonly [number, number];

/** [height, width] of a pair. */
export function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** A pair as text: one number where both are equal, else `(h, w)`. */
export function pairText([height, width]: readonly [number, number]): string {
  return height === width ? `${height}` : `(${height}, ${width})`;
}
