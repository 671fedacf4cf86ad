/** Eigenvalues in ascending order; `vectors[i][j]` is component i of the eigenvector of value j. */
export interface Eigensystem {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

/**
 * Returns the eigenvalues and eigenvectors of the symmetric tridiagonal matrix with the given diagonal and the elements
 * beside it, by the implicit QL algorithm with Wilkinson's shifts (Bowdler, Martin, Reinsch, Wilkinson 1968, the `tql2`
 * of EISPACK). `beside` may be longer than needed.
 */
export function tridiagonalEigen(diagonal: readonly number[], beside: readonly number[]): Eigensystem {
  const n = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = Float64Array.from({ length: n }, (_, i) => (i < n - 1 ? beside[i] : 0));
  const z = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
  for (let low = 0; low < n; low++) {
    for (let high = splitAfter(d, e, low); high > low; high = splitAfter(d, e, low)) sweep(d, e, z, low, high);
  }
  const order = Array.from(d.keys()).sort((i, j) => d[i] - d[j]);
  return {
    values: Float64Array.from(order, (i) => d[i]),
    vectors: z.map((row) => Float64Array.from(order, (i) => row[i])),
  };
}

/** The first row from `low` on that rounding separates from the next. */
function splitAfter(d: Float64Array, e: Float64Array, low: number): number {
  let m = low;
  while (m < d.length - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
  return m;
}

/** One QL step with an implicit shift on rows `low` to `high`: a bulge moves up from the end. */
function sweep(d: Float64Array, e: Float64Array, z: readonly Float64Array[], low: number, high: number): void {
  const ratio = (d[low + 1] - d[low]) / (2 * e[low]);
  const root = Math.hypot(ratio, 1);
  let g = d[high] - d[low] + e[low] / (ratio + (ratio < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = high - 1; i >= low; i--) {
    const f = sine * e[i];
    const b = cosine * e[i];
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      // the bulge has vanished, and the matrix is split here
      d[i + 1] -= shift;
      e[high] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1] - shift;
    const t = (d[i] - g) * sine + 2 * cosine * b;
    shift = sine * t;
    d[i + 1] = g + shift;
    g = cosine * t - b;
    for (const row of z) {
      const upper = row[i + 1];
      row[i + 1] = sine * row[i] + cosine * upper;
      row[i] = cosine * row[i] - sine * upper;
    }
  }
  d[low] -= shift;
  e[low] = g;
  e[high] = 0;
}
