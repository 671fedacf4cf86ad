import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../../src/backends/reference/backend.js';
import { axisLength, fill, seeds } from '../../helpers/arbitraries.js';
import { close } from '../../helpers/close.js';
import { operandOn, valuesOn } from '../../helpers/operands.js';

const backend = new ReferenceBackend();
type Matrix = number[][];

const matrix = (rows: number, columns: number, seed: number): Matrix => {
  const values = fill('unit', rows * columns, seed);
  return Array.from({ length: rows }, (_, i) => Array.from(values.slice(i * columns, (i + 1) * columns)));
};
const transposed = (m: Matrix, rows: number): Matrix => Array.from({ length: rows }, (_, i) => m.map((row) => row[i]));

function product(a: Matrix, b: Matrix, columns: number): Matrix {
  return a.map((row) =>
    Array.from({ length: columns }, (_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)),
  );
}

describe('matmul on reference', () => {
  it('multiplies rows by columns with every transpose', () => {
    const arbitrary = fc.tuple(axisLength(9), axisLength(9), axisLength(9), fc.boolean(), fc.boolean(), seeds);
    fc.assert(
      fc.property(arbitrary, ([m, n, k, transposeA, transposeB, seed]) => {
        const [a, b] = [matrix(m, k, seed), matrix(k, n, seed + 1)];
        const out = operandOn(backend, [m, n], fill('unit', m * n, 3));
        backend.matmul(
          operandOn(backend, transposeA ? [k, m] : [m, k], (transposeA ? transposed(a, k) : a).flat()),
          operandOn(backend, transposeB ? [n, k] : [k, n], (transposeB ? transposed(b, n) : b).flat()),
          out,
          { transposeA, transposeB },
        );
        close(valuesOn(backend, out), product(a, b, n).flat(), 1e-12, 1e-12, { shape: [m, n] });
      }),
    );
  });

  it('broadcasts the leading axes', () => {
    const a = [matrix(2, 3, 1), matrix(2, 3, 2)]; // (2, 1, 2, 3)
    const b = [matrix(3, 4, 3), matrix(3, 4, 4), matrix(3, 4, 5)]; // (3, 3, 4)
    const out = operandOn(backend, [2, 3, 2, 4]);
    backend.matmul(operandOn(backend, [2, 1, 2, 3], a.flat(2)), operandOn(backend, [3, 3, 4], b.flat(2)), out);
    const wanted = a.flatMap((left) => b.flatMap((right) => product(left, right, 4).flat()));
    expect(valuesOn(backend, out)).toHaveLength(48);
    close(valuesOn(backend, out), wanted, 1e-12, 1e-12);
  });
});
