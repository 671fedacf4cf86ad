import { expected, ShapeError, shapeText } from '../../../errors.js';
import type { MatmulOptions } from '../../../tensor/backend.js';
import { expectTensor } from '../../../tensor/expect.js';
import { commonBackend, empty } from '../../../tensor/run.js';
import { broadcastShapes, numel } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { record } from '../../graph.js';
import { expectFloat } from '../expect.js';
import { reshape } from '../shape/reshape.js';

/**
 * Matrix product with PyTorch's rules: (..., M, K) times (..., K, N) is (..., M, N), where leading axes broadcast; a
 * one-dimensional operand is a row on the left and a column on the right, and that axis is removed from the result.
 * @throws ShapeError for shapes that do not fit, DtypeError unless both are float32.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  expectTensor('matmul', a);
  expectTensor('matmul', b);
  if (a.ndim === 0 || b.ndim === 0) throw mismatch('matmul', a, b);
  if (a.ndim > 1 && b.ndim > 1) return product(a, b);
  const rows = a.ndim === 1 ? reshape(a, [1, a.size]) : a;
  const columns = b.ndim === 1 ? reshape(b, [b.size, 1]) : b;
  if (rows.shape[rows.ndim - 1] !== columns.shape[columns.ndim - 2]) throw mismatch('matmul', a, b);
  const y = product(rows, columns);
  const lead = y.shape.slice(0, -2);
  return reshape(y, [
    ...lead,
    ...(a.ndim === 1 ? [] : y.shape.slice(-2, -1)),
    ...(b.ndim === 1 ? [] : y.shape.slice(-1)),
  ]);
}

/**
 * The product of operands with at least two axes; options transpose the last two axes of either operand without copying
 * it.
 * @throws ShapeError for shapes that do not fit, DtypeError unless both are float32.
 */
export function product(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  expectFloat('matmul', a);
  expectFloat('matmul', b);
  const { transposeA = false, transposeB = false } = options;
  const [m, k] = lastTwo(a, transposeA);
  const [kb, n] = lastTwo(b, transposeB);
  if (k !== kb) throw mismatch('matmul', a, b);
  if (a.ndim > 2 && b.ndim === 2 && !transposeA) {
    // one large product instead of many small ones
    const lead = a.shape.slice(0, -1);
    return reshape(product(reshape(a, [numel(lead), k]), b, options), [...lead, n]);
  }
  const backend = commonBackend('matmul', [a, b]);
  const lead = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  const y = empty('matmul', [...lead, m, n], 'float32', backend);
  backend.matmul(a, b, y, options);
  return record('matmul', [a, b], y, (dy) => [
    () =>
      transposeA
        ? product(b, dy, { transposeA: transposeB, transposeB: true })
        : product(dy, b, { transposeB: !transposeB }),
    () =>
      transposeB
        ? product(dy, a, { transposeA: true, transposeB: transposeA })
        : product(a, dy, { transposeA: !transposeA }),
  ]);
}

function lastTwo(x: Tensor, transposed: boolean): readonly [rows: number, columns: number] {
  const [rows, columns] = x.shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

function mismatch(op: string, a: Tensor, b: Tensor): ShapeError {
  return new ShapeError(expected(op, '(..., M, K) and (..., K, N)', `${shapeText(a.shape)} and ${shapeText(b.shape)}`));
}
