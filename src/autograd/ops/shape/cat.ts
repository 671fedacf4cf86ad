import { DtypeError, expected, ShapeError, shapeText, textOf, ValueError } from '../../../errors.js';
import { expectList, expectNumber, expectTensor } from '../../../tensor/expect.js';
import { commonBackend, empty } from '../../../tensor/run.js';
import { normalizeAxis, sameShape, stridesOf } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';

import { reshape } from './reshape.js';
import { takeView, type View } from './strided.js';

/**
 * Concatenates tensors along `axis`; they must have the same dtype and the same lengths on all other axes.
 * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for an invalid axis or no tensors.
 */
export function cat(tensors: readonly Tensor[], axis = 0): Tensor {
  return join('cat', tensors, axis);
}

/**
 * Stacks tensors of equal shape and dtype along a new axis.
 * @throws ShapeError or DtypeError for tensors that do not fit, ValueError for an invalid axis or no tensors.
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  expectSome('stack', tensors);
  const [{ shape, ndim }] = tensors;
  const at = normalizeAxis('stack', axis, ndim + 1);
  const odd = tensors.find((t) => !sameShape(t.shape, shape));
  if (odd) throw new ShapeError(expected('stack', `tensors ${shapeText(shape)}`, shapeText(odd.shape)));
  const longer = [...shape.slice(0, at), 1, ...shape.slice(at)];
  return join(
    'stack',
    tensors.map((t) => reshape(t, longer)),
    at,
  );
}

/**
 * Splits x along `axis` into parts of one size (the last may be smaller), or of the given sizes, which must add up to
 * the length of the axis.
 * @throws ValueError for an invalid axis or sizes that do not fit.
 */
export function split(x: Tensor, size: number | readonly number[], axis = 0): Tensor[] {
  expectTensor('split', x);
  const at = normalizeAxis('split', axis, x.ndim);
  const sizes = typeof size === 'number' ? evenSizes(size, x.shape[at]) : size;
  expectList('split', 'a size or a list of sizes', sizes);
  for (const each of sizes) expectNumber('split', 'sizes', each);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== x.shape[at] || !sizes.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ValueError(expected('split', `sizes that add up to ${x.shape[at]}`, textOf(size)));
  }
  let start = 0;
  return sizes.map((n) => {
    const part = takeView('split', x, partOf(x.shape, at, start, n));
    start += n;
    return part;
  });
}

function evenSizes(size: number, length: number): number[] {
  if (!Number.isInteger(size) || size < 1) throw new ValueError(expected('split', 'a size of at least 1', `${size}`));
  const count = Math.max(1, Math.ceil(length / size));
  return Array.from({ length: count }, (_, i) => Math.min(size, length - i * size));
}

function join(op: string, tensors: readonly Tensor[], axis: number): Tensor {
  expectSome(op, tensors);
  const [first] = tensors;
  const at = normalizeAxis(op, axis, first.ndim);
  for (const t of tensors) {
    if (t.dtype !== first.dtype) throw new DtypeError(expected(op, `tensors of ${first.dtype}`, t.dtype));
    if (t.ndim !== first.ndim || t.shape.some((length, i) => i !== at && length !== first.shape[i])) {
      const wanted = `tensors like ${shapeText(first.shape)} except for axis ${at}`;
      throw new ShapeError(expected(op, wanted, shapeText(t.shape)));
    }
  }
  const backend = commonBackend(op, tensors);
  const total = tensors.reduce((sum, t) => sum + t.shape[at], 0);
  const shape = first.shape.map((length, i) => (i === at ? total : length));
  const y = empty(op, shape, first.dtype, backend);
  let start = 0;
  const views = tensors.map((t) => {
    const view = partOf(shape, at, start, t.shape[at]);
    start += t.shape[at];
    const { offset: toOffset, strides: toStrides } = view;
    backend.copy(t, y, { shape: t.shape, fromOffset: 0, fromStrides: stridesOf(t.shape), toOffset, toStrides });
    return view;
  });
  return record(op, tensors, y, (dy) => views.map((view) => () => takeView(op, dy, view)));
}

/** A view of `count` positions from `start` on along one axis of a tensor of `shape`. */
function partOf(shape: readonly number[], axis: number, start: number, count: number): View {
  const strides = stridesOf(shape);
  return { shape: shape.map((n, i) => (i === axis ? count : n)), offset: start * strides[axis], strides };
}

function expectSome(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors)) throw new ValueError(expected(op, 'a list of tensors', textOf(tensors)));
  for (const t of tensors) expectTensor(op, t);
  if (tensors.length === 0) throw new ValueError(expected(op, 'at least one tensor', 'none'));
}
