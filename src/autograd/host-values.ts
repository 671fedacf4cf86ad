import type { Dtype, TypedArray } from '../dtype.js';
import { expected, ShapeError, textOf, ValueError } from '../errors.js';
import { numel } from '../tensor/shape.js';

/** Values in arrays nested as deeply as the tensor is to have axes. */
export type NestedValues = number | boolean | readonly NestedValues[];

/** Typed arrays that `tensor` accepts. */
export type HostArray =
  | TypedArray
  | Uint8ClampedArray
  | Int8Array
  | Int16Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Typed arrays whose elements all fit into int32, and all typed arrays of integers other than bytes. */
const narrowArrays = [Int8Array, Int16Array, Uint16Array, Int32Array];
const integerArrays = [...narrowArrays, Uint32Array, BigInt64Array, BigUint64Array];

/** Returns the values in row-major order; 64-bit integers become doubles, which are exact far beyond int32. */
export function numbersOf(values: HostArray): Exclude<HostArray, BigInt64Array | BigUint64Array> {
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array)) return values;
  return Float64Array.from(values as ArrayLike<bigint>, Number);
}

/** The numbers that the integer dtypes can represent. */
const ranges: Readonly<Partial<Record<Dtype, readonly [number, number]>>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
};

/**
 * Checks that numbers can be converted to `dtype`.
 * @throws ValueError, with `op` in the message, for an integer dtype if a number is not finite or out of its range.
 */
export function checkRange(op: string, values: ArrayLike<number>, dtype: Dtype): void {
  const range = ranges[dtype];
  if (!range || fits(values, dtype)) return;
  const [least, most] = range;
  for (let i = 0; i < values.length; i++) {
    const value = Math.trunc(values[i]);
    if (value >= least && value <= most) continue;
    throw new ValueError(expected(op, `numbers from ${least} to ${most} for ${dtype}`, `${values[i]} at ${i}`));
  }
}

/** True for typed arrays whose elements all fit into `dtype`. */
function fits(values: ArrayLike<number>, dtype: Dtype): boolean {
  if (values instanceof Uint8Array || values instanceof Uint8ClampedArray) return true;
  return dtype === 'int32' && narrowArrays.some((kind) => values instanceof kind);
}

/** Returns the dtype that values have unless another one is asked for. */
export function naturalDtype(values: NestedValues | HostArray): Dtype {
  if (ArrayBuffer.isView(values)) {
    if (values instanceof Uint8Array || values instanceof Uint8ClampedArray) return 'uint8';
    return integerArrays.some((kind) => values instanceof kind) ? 'int32' : 'float32';
  }
  let first: NestedValues = values;
  while (typeof first === 'object') first = first[0];
  return typeof first === 'boolean' ? 'bool' : 'float32';
}

/** The most axes of nested lists, as in PyTorch. A list that contains itself has more. */
const mostAxes = 64;

/**
 * Returns the lengths of nested lists, by the first list of each depth.
 * @throws ShapeError for more than 64 levels.
 */
export function nestedShape(values: NestedValues): number[] {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > mostAxes)
      throw new ShapeError(expected('tensor', `at most ${mostAxes} levels of nesting`, 'more'));
  }
  return shape;
}

/**
 * Returns the numbers of nested lists in row-major order.
 * @throws ShapeError unless the lists have the given lengths, ValueError for elements that are not numbers.
 */
export function flatten(values: NestedValues, shape: readonly number[]): Float64Array {
  const flat = new Float64Array(numel(shape));
  let at = 0;
  const visit = (level: NestedValues, axis: number): void => {
    if (axis < shape.length) {
      if (!Array.isArray(level) || level.length !== shape[axis]) {
        const got = Array.isArray(level) ? `${level.length}` : textOf(level);
        throw new ShapeError(expected('tensor', `lists of ${shape[axis]} at depth ${axis} of the nesting`, got));
      }
      for (const inner of level) visit(inner, axis + 1);
      return;
    }
    if (Array.isArray(level)) {
      throw new ShapeError(expected('tensor', `numbers at depth ${axis} of the nesting`, `a list of ${level.length}`));
    }
    if (typeof level !== 'number' && typeof level !== 'boolean') {
      throw new ValueError(expected('tensor', 'numbers or booleans', textOf(level)));
    }
    flat[at++] = Number(level);
  };
  visit(values, 0);
  return flat;
}
