import type { TypedArray } from '../../dtype.js';
import type { MatmulOptions, Operand } from '../../tensor/backend.js';
import { broadcastStrides } from '../../tensor/shape.js';
import { walk } from './walk.js';

/** out (..., M, N) = a (..., M, K) b (..., K, N); leading axes broadcast, flags transpose the last two. */
export function matmul(
  a: Operand<TypedArray>,
  b: Operand<TypedArray>,
  out: Operand<TypedArray>,
  { transposeA = false, transposeB = false }: MatmulOptions = {},
): void {
  const lead = out.shape.slice(0, -2);
  const [rows, columns] = out.shape.slice(-2);
  const [aRows, aColumns] = a.shape.slice(-2);
  const depth = transposeA ? aRows : aColumns;
  const [aRow, aStep] = transposeA ? [1, aColumns] : [aColumns, 1];
  const bColumns = b.shape[b.shape.length - 1];
  const [bColumn, bStep] = transposeB ? [bColumns, 1] : [1, bColumns];

  const [left, right, product] = [a.handle, b.handle, out.handle];
  const leadStrides = (x: Operand<TypedArray>) => {
    const matrix = x.shape[x.shape.length - 2] * x.shape[x.shape.length - 1];
    return broadcastStrides(x.shape.slice(0, -2), lead).map((stride) => stride * matrix);
  };
  walk(lead, [leadStrides(a), leadStrides(b), leadStrides(out)], [0, 0, 0], ([aStart, bStart, outStart]) => {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < depth; k++) {
          sum += left[aStart + i * aRow + k * aStep] * right[bStart + j * bColumn + k * bStep];
        }
        product[outStart + i * columns + j] = sum;
      }
    }
  });
}
