import { DtypeError, expected, ShapeError, shapeText, ValueError } from '../../errors.js';
import { sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cast } from './convert.js';

/**
 * @throws DtypeError naming `op` unless x is float32.
 */
export function expectFloat(op: string, x: Tensor): void {
  if (x.dtype !== 'float32') throw new DtypeError(expected(op, 'float32', x.dtype));
}

/**
 * @throws ShapeError naming `op` and `what` unless x has this shape.
 */
export function expectShape(op: string, what: string, x: Tensor, shape: readonly number[]): void {
  if (!sameShape(x.shape, shape)) {
    throw new ShapeError(expected(op, `${what} ${shapeText(shape)}`, shapeText(x.shape)));
  }
}

/**
 * @throws ShapeError naming `op` unless x has so many axes; `layout` shows them, as in `input (B, C, H, W)`.
 */
export function expectAxes(op: string, layout: string, x: Tensor, axes: number): void {
  if (x.ndim !== axes) throw new ShapeError(expected(op, layout, shapeText(x.shape)));
}

/**
 * @throws ShapeError or DtypeError naming `op` unless `source` has this shape and the dtype of x.
 */
export function expectSource(op: string, x: Tensor, source: Tensor, shape: readonly number[]): void {
  expectShape(op, 'source', source, shape);
  if (source.dtype !== x.dtype) throw new DtypeError(expected(op, `source of ${x.dtype}`, source.dtype));
}

/**
 * An index as int32, the dtype that backends take.
 * @throws DtypeError naming `op` unless it is int32 or uint8.
 */
export function expectIndex(op: string, index: Tensor, what = 'index'): Tensor {
  if (index.dtype !== 'int32' && index.dtype !== 'uint8') {
    throw new DtypeError(expected(op, `${what} of int32`, index.dtype));
  }
  return cast(index, 'int32');
}

/**
 * @throws ValueError naming `op` and `what` if a label lies outside of [0, count) and is not `ignored`; devices that
 * queue their work check when its turn comes, and reject the next read.
 */
export function expectLabels(
  op: string,
  labels: Tensor,
  count: number,
  { ignored, what = 'labels' }: { readonly ignored?: number; readonly what?: string } = {},
): void {
  const { backend } = labels.storage;
  const expectation = `${op}: expected ${what} in [0, ${count - 1}]`;
  if (!backend.readSync) {
    backend.expectWithin?.(labels, count, expectation, ignored);
    return;
  }
  for (const label of labels.dataSync()) {
    if ((label < 0 || label >= count) && label !== ignored) throw new ValueError(`${expectation}, got ${label}`);
  }
}
