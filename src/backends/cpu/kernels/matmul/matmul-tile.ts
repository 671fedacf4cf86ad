import { firstLanes, madd, storeLanes, sumsOfLanes } from '../simd';

// Tiles of C with 8 vectors of sums: 4 rows by 8 columns, or 2 rows by 4 columns of dot products. V8 moves all six
// loads of an iteration before its eight multiply-adds, so 14 of the 15 vector registers are in use: larger tiles and
// loops unrolled by hand would spill registers. (V8 unrolls these loops itself.)

/**
 * Writes one row of a tile to C, or adds it; `columns` (at least 1) of its values exist in C, and all if it is more
 * than 8.
 */
@inline
function finishRow(c: usize, x: v128, y: v128, columns: i32, accumulate: bool): void {
  if (accumulate) {
    x = f32x4.add(v128.load(c), x);
    if (columns > 4) y = f32x4.add(v128.load(c, 16), y);
  }
  storeLanes(c, x, columns);
  storeLanes(c + 16, y, columns - 4);
}

/**
 * Computes a tile from packed panels: a has 4 values for each k, `aStep` bytes apart, and b has 8. `cStep` is the bytes
 * between rows of C.
 */
export function tilePacked(
  a: usize, aStep: usize, b: usize, length: i32, c: usize, cStep: usize, rows: i32, columns: i32, accumulate: bool,
): void {
  let x0 = f32x4.splat(0), y0 = x0, x1 = x0, y1 = x0, x2 = x0, y2 = x0, x3 = x0, y3 = x0;
  for (const end = b + <usize>length * 32; b < end; b += 32, a += aStep) {
    const s0 = v128.load32_splat(a), s1 = v128.load32_splat(a, 4);
    const s2 = v128.load32_splat(a, 8), s3 = v128.load32_splat(a, 12);
    const x = v128.load(b);
    x0 = madd(s0, x, x0), x1 = madd(s1, x, x1), x2 = madd(s2, x, x2), x3 = madd(s3, x, x3);
    const y = v128.load(b, 16);
    y0 = madd(s0, y, y0), y1 = madd(s1, y, y1), y2 = madd(s2, y, y2), y3 = madd(s3, y, y3);
  }
  finishRow(c, x0, y0, columns, accumulate);
  if (rows > 1) finishRow(c + cStep, x1, y1, columns, accumulate);
  if (rows > 2) finishRow(c + 2 * cStep, x2, y2, columns, accumulate);
  if (rows > 3) finishRow(c + 3 * cStep, x3, y3, columns, accumulate);
}

/**
 * Computes a tile from unpacked matrices. A may be stored in any order; the values of one row of B are adjacent. All
 * steps are in bytes: from row to row (`Row`) and from column to column (`Column`).
 */
export function tileInPlace(
  a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, length: i32,
  c: usize, cStep: usize, rows: i32, columns: i32, accumulate: bool,
): void {
  // Rows that do not exist are computed from the last one that does, but not stored.
  let a1 = rows > 1 ? a + aRow : a;
  let a2 = rows > 2 ? a1 + aRow : a1;
  let a3 = rows > 3 ? a2 + aRow : a2;
  let x0 = f32x4.splat(0), y0 = x0, x1 = x0, y1 = x0, x2 = x0, y2 = x0, x3 = x0, y3 = x0;
  for (let k = 0; k < length; k++) {
    const s0 = v128.load32_splat(a), s1 = v128.load32_splat(a1);
    const s2 = v128.load32_splat(a2), s3 = v128.load32_splat(a3);
    const x = v128.load(b);
    x0 = madd(s0, x, x0), x1 = madd(s1, x, x1), x2 = madd(s2, x, x2), x3 = madd(s3, x, x3);
    const y = v128.load(b, 16);
    y0 = madd(s0, y, y0), y1 = madd(s1, y, y1), y2 = madd(s2, y, y2), y3 = madd(s3, y, y3);
    a += aColumn, a1 += aColumn, a2 += aColumn, a3 += aColumn;
    b += bRow;
  }
  finishRow(c, x0, y0, columns, accumulate);
  if (rows > 1) finishRow(c + cStep, x1, y1, columns, accumulate);
  if (rows > 2) finishRow(c + 2 * cStep, x2, y2, columns, accumulate);
  if (rows > 3) finishRow(c + 3 * cStep, x3, y3, columns, accumulate);
}

/** Computes 2 x 4 dot products of rows of A and rows of B, which are vectors without gaps; 4 sums per dot product. */
export function tileOfDots(
  a: usize, aRow: usize, b: usize, bRow: usize, length: i32,
  c: usize, cStep: usize, rows: i32, columns: i32, accumulate: bool,
): void {
  let a1 = rows > 1 ? a + aRow : a;
  let b1 = columns > 1 ? b + bRow : b;
  let b2 = columns > 2 ? b1 + bRow : b1;
  let b3 = columns > 3 ? b2 + bRow : b2;
  let p0 = f32x4.splat(0), p1 = p0, p2 = p0, p3 = p0, q0 = p0, q1 = p0, q2 = p0, q3 = p0;
  for (const end = a + <usize>(length & ~3) * 4; a < end; ) {
    const z0 = v128.load(b), z1 = v128.load(b1), z2 = v128.load(b2), z3 = v128.load(b3);
    const x = v128.load(a);
    p0 = madd(z0, x, p0), p1 = madd(z1, x, p1), p2 = madd(z2, x, p2), p3 = madd(z3, x, p3);
    const y = v128.load(a1);
    q0 = madd(z0, y, q0), q1 = madd(z1, y, q1), q2 = madd(z2, y, q2), q3 = madd(z3, y, q3);
    a += 16, a1 += 16, b += 16, b1 += 16, b2 += 16, b3 += 16;
  }
  const rest = length & 3;
  if (rest > 0) {
    // The unused lanes of both factors are cleared: values after a row may be NaN or infinite.
    const x = firstLanes(v128.load(a), rest), y = firstLanes(v128.load(a1), rest);
    let z = firstLanes(v128.load(b), rest);
    p0 = madd(x, z, p0), q0 = madd(y, z, q0);
    z = firstLanes(v128.load(b1), rest);
    p1 = madd(x, z, p1), q1 = madd(y, z, q1);
    z = firstLanes(v128.load(b2), rest);
    p2 = madd(x, z, p2), q2 = madd(y, z, q2);
    z = firstLanes(v128.load(b3), rest);
    p3 = madd(x, z, p3), q3 = madd(y, z, q3);
  }
  let sums = sumsOfLanes(p0, p1, p2, p3);
  storeLanes(c, accumulate ? f32x4.add(v128.load(c), sums) : sums, columns);
  if (rows > 1) {
    c += cStep;
    sums = sumsOfLanes(q0, q1, q2, q3);
    storeLanes(c, accumulate ? f32x4.add(v128.load(c), sums) : sums, columns);
  }
}
