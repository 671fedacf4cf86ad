import { expectTensor } from '../../../tensor/expect.js';
import { commonBackend, empty } from '../../../tensor/run.js';
import { normalizeAxis } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { clone } from '../convert.js';
import { expectAxes, expectIndex, expectSource } from '../expect.js';
import { filled } from '../fill.js';

/**
 * Returns the slices of x along `axis` that a one-dimensional integer index selects, in the order of the index.
 * @throws ShapeError unless the index has one axis, DtypeError unless it is an integer, ValueError for an invalid axis
 * or an index outside it; on a GPU the next read rejects with the latter instead.
 */
export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  expectTensor('indexSelect', x);
  const at = normalizeAxis('indexSelect', axis, x.ndim);
  return select(x, at, listOf('indexSelect', index));
}

/**
 * Returns a copy of x with the slices of `source` added along `axis` at the positions in a one-dimensional integer
 * index; repeated indices add up.
 * @throws ShapeError, DtypeError and ValueError as `indexSelect` does; ShapeError or DtypeError unless source has the
 * right shape and the dtype of x.
 */
export function indexAdd(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  expectTensor('indexAdd', x);
  const at = normalizeAxis('indexAdd', axis, x.ndim);
  const rows = listOf('indexAdd', index);
  const wanted = x.shape.map((length, i) => (i === at ? rows.size : length));
  expectSource('indexAdd', x, source, wanted);
  const y = clone(x);
  commonBackend('indexAdd', [y, rows, source]).indexAdd(y, rows, source, at);
  return record('indexAdd', [x, source], y, (dy) => [() => dy, () => select(dy, at, rows)]);
}

/** The gradient of `select`: zeros of `shape` with dy added at the positions in the index. */
function addedRows(dy: Tensor, axis: number, index: Tensor, shape: readonly number[]): Tensor {
  const { backend } = dy.storage;
  const dx = filled('indexAdd', shape, 0, dy.dtype, backend);
  backend.indexAdd(dx, index, dy, axis);
  return record('indexAdd', [dy], dx, (ddx) => [() => select(ddx, axis, index)]);
}

/** `indexSelect` without checks. */
export function select(x: Tensor, axis: number, index: Tensor): Tensor {
  const shape = x.shape.map((length, i) => (i === axis ? index.size : length));
  const backend = commonBackend('indexSelect', [x, index]);
  const y = empty('indexSelect', shape, x.dtype, backend);
  backend.indexSelect(x, index, y, axis);
  return record('indexSelect', [x], y, (dy) => [() => addedRows(dy, axis, index, x.shape)]);
}

function listOf(op: string, index: Tensor): Tensor {
  expectAxes(op, 'an index with one axis', index, 1);
  return expectIndex(op, index);
}
