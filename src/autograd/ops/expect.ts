import { DtypeError, expected, ShapeError, shapeText, ValueError } from '../../errors.js';
import { expectTensor } from '../../tensor/expect.js';
import { sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cast } from './convert.js';

/**
 * Checks that x is float32.
 * @throws DtypeError, with `op` in the message, otherwise.
 */
export function expectFloat(op: string, x: Tensor): void {
  expectTensor(op, x);
  if (x.dtype !== 'float32') throw new DtypeError(expected(op, 'float32', x.dtype));
}

/**
 * Checks that x has the given shape.
 * @throws ShapeError, with `op` and `what` in the message, otherwise.
 */
export function expectShape(op: string, what: string, x: Tensor, shape: readonly number[]): void {
  expectTensor(op, x, `${what} ${shapeText(shape)}`);
  if (!sameShape(x.shape, shape)) {
    throw new ShapeError(expected(op, `${what} ${shapeText(shape)}`, shapeText(x.shape)));
  }
}

/**
 * Checks the number of axes of x. `layout` describes them in the message, as in `input (B, C, H, W)`.
 * @throws ShapeError, with `op` in the message, for another number of axes.
 */
export function expectAxes(op: string, layout: string, x: Tensor, axes: number): void {
  expectTensor(op, x, layout);
  if (x.ndim !== axes) throw new ShapeError(expected(op, layout, shapeText(x.shape)));
}

/**
 * Checks that `source` has the given shape and the dtype of x.
 * @throws ShapeError or DtypeError, with `op` in the message, otherwise.
 */
export function expectSource(op: string, x: Tensor, source: Tensor, shape: readonly number[]): void {
  expectShape(op, 'source', source, shape);
  if (source.dtype !== x.dtype) throw new DtypeError(expected(op, `source of ${x.dtype}`, source.dtype));
}

/**
 * Returns an index as int32, the dtype that backends take.
 * @throws DtypeError, with `op` in the message, unless the index is int32 or uint8.
 */
export function expectIndex(op: string, index: Tensor, what = 'index'): Tensor {
  expectTensor(op, index, `${what} of int32`);
  if (index.dtype !== 'int32' && index.dtype !== 'uint8') {
    throw new DtypeError(expected(op, `${what} of int32`, index.dtype));
  }
  return cast(index, 'int32');
}

/**
 * Checks that every label is in [0, count) or equals `ignored`. On devices that queue their work the check is queued,
 * and the next read rejects with the error.
 * @throws ValueError, with `op` and `what` in the message, otherwise.
 */
export function expectLabels(
  op: string,
  labels: Tensor,
  count: number,
  { ignored, what = 'labels' }: { readonly ignored?: number; readonly what?: string } = {},
): void {
  const { backend } = labels.storage;
  const expectation = `${op}: expected ${what} in [0, ${count - 1}]`;
  if (backend.expectWithin) {
    backend.expectWithin(labels, count, expectation, ignored);
    return;
  }
  for (const label of labels.dataSync()) {
    if ((label < 0 || label >= count) && label !== ignored) throw new ValueError(`${expectation}, got ${label}`);
  }
}
