import { expected, ShapeError, shapeText } from '../../../errors.js';
import { expectTensor } from '../../../tensor/expect.js';
import { commonBackend, empty } from '../../../tensor/run.js';
import { normalizeAxis } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { clone } from '../convert.js';
import { expectIndex, expectSource } from '../expect.js';
import { filled } from '../fill.js';

/**
 * y[..., i, ...] = x[..., index[..., i, ...], ...] along `axis`: one element of x for each element of an integer index,
 * which has as many axes as x and on the other axes is at most as long as x.
 * @throws ShapeError unless the index fits, DtypeError unless it is an integer, ValueError for an invalid axis or an
 * index outside it; on a GPU the next read rejects with the latter instead.
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  expectTensor('gather', x);
  const at = normalizeAxis('gather', axis, x.ndim);
  expectFits('gather', x, at, index);
  return pick(x, at, expectIndex('gather', index));
}

/**
 * Returns a copy of x with source added: y[..., index[..., i, ...], ...] += source[..., i, ...] along `axis`; index has
 * the shape of source, and repeated indices add up.
 * @throws ShapeError, DtypeError and ValueError as `gather` does; ShapeError or DtypeError unless source has the shape
 * of index and the dtype of x.
 */
export function scatterAdd(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  expectTensor('scatterAdd', x);
  const at = normalizeAxis('scatterAdd', axis, x.ndim);
  expectFits('scatterAdd', x, at, index);
  expectSource('scatterAdd', x, source, index.shape);
  const places = expectIndex('scatterAdd', index);
  const y = clone(x);
  commonBackend('scatterAdd', [y, places, source]).scatterAdd(y, places, source, at);
  return record('scatterAdd', [x, source], y, (dy) => [() => dy, () => pick(dy, at, places)]);
}

/** `gather` without checks. */
export function pick(x: Tensor, axis: number, index: Tensor): Tensor {
  const backend = commonBackend('gather', [x, index]);
  const y = empty('gather', index.shape, x.dtype, backend);
  backend.gather(x, index, y, axis);
  return record('gather', [x], y, (dy) => [() => scattered(dy, axis, index, x.shape)]);
}

/** The gradient of `pick`: zeros of `shape` with dy added at the positions in the index. */
function scattered(dy: Tensor, axis: number, index: Tensor, shape: readonly number[]): Tensor {
  const { backend } = dy.storage;
  const dx = filled('scatterAdd', shape, 0, dy.dtype, backend);
  backend.scatterAdd(dx, index, dy, axis);
  return record('scatterAdd', [dy], dx, (ddx) => [() => pick(ddx, axis, index)]);
}

function expectFits(op: string, x: Tensor, axis: number, index: Tensor): void {
  expectTensor(op, index, 'an integer index');
  if (index.ndim !== x.ndim || index.shape.some((length, i) => i !== axis && length > x.shape[i])) {
    const wanted = `an index that fits ${shapeText(x.shape)} except for axis ${axis}`;
    throw new ShapeError(expected(op, wanted, shapeText(index.shape)));
  }
}
