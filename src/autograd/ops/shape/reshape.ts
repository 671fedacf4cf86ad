import { expected, ShapeError, shapeText, ValueError } from '../../../errors.js';
import { expectList, expectTensor } from '../../../tensor/expect.js';
import { alias } from '../../../tensor/run.js';
import { checkShape, normalizeAxis, numel } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';

/**
 * Returns the same values in another shape, sharing memory; the length of one axis may be -1 and is then inferred.
 * @throws ShapeError unless the shape has as many elements as x.
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  expectTensor('reshape', x);
  expectList('reshape', 'a list of lengths', shape);
  const y = alias('reshape', x, inferShape(x, shape));
  return record('reshape', [x], y, (dy) => [() => reshape(dy, x.shape)]);
}

/**
 * Merges the axes from `start` to `end` (inclusive; default: all) into one.
 * @throws ValueError for an invalid axis.
 */
export function flatten(x: Tensor, start = 0, end = -1): Tensor {
  expectTensor('flatten', x);
  if (x.ndim === 0) return reshape(x, [1]);
  const from = normalizeAxis('flatten', start, x.ndim);
  const to = normalizeAxis('flatten', end, x.ndim);
  if (from > to) throw new ValueError(expected('flatten', 'start before end', `${start} and ${end}`));
  return reshape(x, [...x.shape.slice(0, from), numel(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)]);
}

/**
 * Removes `axis`, which must have size 1; by default removes every axis of size 1.
 * @throws ValueError for an invalid axis, ShapeError if its size is not 1.
 */
export function squeeze(x: Tensor, axis?: number): Tensor {
  expectTensor('squeeze', x);
  if (axis === undefined)
    return reshape(
      x,
      x.shape.filter((length) => length !== 1),
    );
  const at = normalizeAxis('squeeze', axis, x.ndim);
  if (x.shape[at] !== 1) throw new ShapeError(expected('squeeze', `size 1 at axis ${axis}`, shapeText(x.shape)));
  return reshape(
    x,
    x.shape.filter((_, i) => i !== at),
  );
}

/**
 * Inserts a new axis of size 1 before `axis`.
 * @throws ValueError for an invalid axis.
 */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  expectTensor('unsqueeze', x);
  const at = normalizeAxis('unsqueeze', axis, x.ndim + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

function inferShape(x: Tensor, shape: readonly number[]): readonly number[] {
  const lengths = shape.filter((length) => length !== -1);
  const known = numel(checkShape('reshape', lengths));
  const free = shape.indexOf(-1);
  const inferred = free < 0 || known === 0 ? shape : shape.map((n, i) => (i === free ? x.size / known : n));
  if (numel(inferred) !== x.size || !inferred.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(
      expected('reshape', `a shape of ${x.size} elements for ${shapeText(x.shape)}`, shapeText(shape)),
    );
  }
  return inferred;
}
