/**
 * Makes the rows of a (rows, columns) matrix, rows <= columns, orthonormal, in place. Uses the Gram-Schmidt process
 * with each row orthogonalised twice, which is accurate to rounding (Giraud, Langou and Rozloznik, 2005). If the
 * entries are drawn from a normal distribution, the result is uniform over such matrices.
 */
export function orthonormalRows(a: Float64Array, rows: number, columns: number): Float64Array {
  for (let i = 0; i < rows; i++) {
    const row = a.subarray(i * columns, (i + 1) * columns);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const earlier = a.subarray(j * columns, (j + 1) * columns);
        const along = dot(row, earlier);
        for (let k = 0; k < columns; k++) row[k] -= along * earlier[k];
      }
    }
    const length = Math.sqrt(dot(row, row));
    for (let k = 0; k < columns; k++) row[k] /= length;
  }
  return a;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}
