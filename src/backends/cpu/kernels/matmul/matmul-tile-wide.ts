// Tiles of C in the form that V8 computes in vectors of 256 bits.
import { madd } from '../simd';

/**
 * Computes a whole tile of 4 x 16 from one packed panel of A and two of B, `bNext` bytes apart; the columns of the
 * second are `cNext` bytes after those of the first. In this form V8 joins the two vectors of each panel into one of
 * 256 bits: they are loaded at 0 and +16 of the same address, and stored in pairs, the second first, on the only path
 * to the end.
 */
export function tileWide(
  a: usize, aStep: usize, b: usize, bNext: usize, length: i32,
  c: usize, cStep: usize, cNext: usize, accumulate: bool,
): void {
  let x0 = f32x4.splat(0), y0 = x0, z0 = x0, w0 = x0, x1 = x0, y1 = x0, z1 = x0, w1 = x0;
  let x2 = x0, y2 = x0, z2 = x0, w2 = x0, x3 = x0, y3 = x0, z3 = x0, w3 = x0;
  let b1 = b + bNext;
  for (const end = b + <usize>length * 32; b < end; b += 32, b1 += 32, a += aStep) {
    const x = v128.load(b), y = v128.load(b, 16), z = v128.load(b1), w = v128.load(b1, 16);
    const s0 = v128.load32_splat(a);
    x0 = madd(s0, x, x0), y0 = madd(s0, y, y0), z0 = madd(s0, z, z0), w0 = madd(s0, w, w0);
    const s1 = v128.load32_splat(a, 4);
    x1 = madd(s1, x, x1), y1 = madd(s1, y, y1), z1 = madd(s1, z, z1), w1 = madd(s1, w, w1);
    const s2 = v128.load32_splat(a, 8);
    x2 = madd(s2, x, x2), y2 = madd(s2, y, y2), z2 = madd(s2, z, z2), w2 = madd(s2, w, w2);
    const s3 = v128.load32_splat(a, 12);
    x3 = madd(s3, x, x3), y3 = madd(s3, y, y3), z3 = madd(s3, z, z3), w3 = madd(s3, w, w3);
  }
  const c1 = c + cStep, c2 = c1 + cStep, c3 = c2 + cStep;
  const d = c + cNext, d1 = c1 + cNext, d2 = c2 + cNext, d3 = c3 + cNext;
  if (accumulate) {
    x0 = f32x4.add(v128.load(c), x0), y0 = f32x4.add(v128.load(c, 16), y0);
    z0 = f32x4.add(v128.load(d), z0), w0 = f32x4.add(v128.load(d, 16), w0);
    x1 = f32x4.add(v128.load(c1), x1), y1 = f32x4.add(v128.load(c1, 16), y1);
    z1 = f32x4.add(v128.load(d1), z1), w1 = f32x4.add(v128.load(d1, 16), w1);
    x2 = f32x4.add(v128.load(c2), x2), y2 = f32x4.add(v128.load(c2, 16), y2);
    z2 = f32x4.add(v128.load(d2), z2), w2 = f32x4.add(v128.load(d2, 16), w2);
    x3 = f32x4.add(v128.load(c3), x3), y3 = f32x4.add(v128.load(c3, 16), y3);
    z3 = f32x4.add(v128.load(d3), z3), w3 = f32x4.add(v128.load(d3, 16), w3);
  }
  v128.store(c, y0, 16), v128.store(c, x0), v128.store(d, w0, 16), v128.store(d, z0);
  v128.store(c1, y1, 16), v128.store(c1, x1), v128.store(d1, w1, 16), v128.store(d1, z1);
  v128.store(c2, y2, 16), v128.store(c2, x2), v128.store(d2, w2, 16), v128.store(d2, z2);
  v128.store(c3, y3, 16), v128.store(c3, x3), v128.store(d3, w3, 16), v128.store(d3, z3);
}

/**
 * The same for 6 x 16, whose 12 vectors of sums, 2 of B and a broadcast value fill the registers. `a0`, `a1` and `a2`
 * are the first of two neighbouring rows each.
 */
export function tileWide6(
  a0: usize, a1: usize, a2: usize, aStep: usize, b: usize, bNext: usize, length: i32,
  c: usize, cStep: usize, cNext: usize, accumulate: bool,
): void {
  let x0 = f32x4.splat(0), y0 = x0, z0 = x0, w0 = x0, x1 = x0, y1 = x0, z1 = x0, w1 = x0;
  let x2 = x0, y2 = x0, z2 = x0, w2 = x0, x3 = x0, y3 = x0, z3 = x0, w3 = x0;
  let x4 = x0, y4 = x0, z4 = x0, w4 = x0, x5 = x0, y5 = x0, z5 = x0, w5 = x0;
  let b1 = b + bNext;
  for (const end = b + <usize>length * 32; b < end; b += 32, b1 += 32, a0 += aStep, a1 += aStep, a2 += aStep) {
    const x = v128.load(b), y = v128.load(b, 16), z = v128.load(b1), w = v128.load(b1, 16);
    const s0 = v128.load32_splat(a0);
    x0 = madd(s0, x, x0), y0 = madd(s0, y, y0), z0 = madd(s0, z, z0), w0 = madd(s0, w, w0);
    const s1 = v128.load32_splat(a0, 4);
    x1 = madd(s1, x, x1), y1 = madd(s1, y, y1), z1 = madd(s1, z, z1), w1 = madd(s1, w, w1);
    const s2 = v128.load32_splat(a1);
    x2 = madd(s2, x, x2), y2 = madd(s2, y, y2), z2 = madd(s2, z, z2), w2 = madd(s2, w, w2);
    const s3 = v128.load32_splat(a1, 4);
    x3 = madd(s3, x, x3), y3 = madd(s3, y, y3), z3 = madd(s3, z, z3), w3 = madd(s3, w, w3);
    const s4 = v128.load32_splat(a2);
    x4 = madd(s4, x, x4), y4 = madd(s4, y, y4), z4 = madd(s4, z, z4), w4 = madd(s4, w, w4);
    const s5 = v128.load32_splat(a2, 4);
    x5 = madd(s5, x, x5), y5 = madd(s5, y, y5), z5 = madd(s5, z, z5), w5 = madd(s5, w, w5);
  }
  const c1 = c + cStep, c2 = c1 + cStep, c3 = c2 + cStep, c4 = c3 + cStep, c5 = c4 + cStep;
  const d = c + cNext, d1 = c1 + cNext, d2 = c2 + cNext, d3 = c3 + cNext, d4 = c4 + cNext, d5 = c5 + cNext;
  if (accumulate) {
    x0 = f32x4.add(v128.load(c), x0), y0 = f32x4.add(v128.load(c, 16), y0);
    z0 = f32x4.add(v128.load(d), z0), w0 = f32x4.add(v128.load(d, 16), w0);
    x1 = f32x4.add(v128.load(c1), x1), y1 = f32x4.add(v128.load(c1, 16), y1);
    z1 = f32x4.add(v128.load(d1), z1), w1 = f32x4.add(v128.load(d1, 16), w1);
    x2 = f32x4.add(v128.load(c2), x2), y2 = f32x4.add(v128.load(c2, 16), y2);
    z2 = f32x4.add(v128.load(d2), z2), w2 = f32x4.add(v128.load(d2, 16), w2);
    x3 = f32x4.add(v128.load(c3), x3), y3 = f32x4.add(v128.load(c3, 16), y3);
    z3 = f32x4.add(v128.load(d3), z3), w3 = f32x4.add(v128.load(d3, 16), w3);
    x4 = f32x4.add(v128.load(c4), x4), y4 = f32x4.add(v128.load(c4, 16), y4);
    z4 = f32x4.add(v128.load(d4), z4), w4 = f32x4.add(v128.load(d4, 16), w4);
    x5 = f32x4.add(v128.load(c5), x5), y5 = f32x4.add(v128.load(c5, 16), y5);
    z5 = f32x4.add(v128.load(d5), z5), w5 = f32x4.add(v128.load(d5, 16), w5);
  }
  v128.store(c, y0, 16), v128.store(c, x0), v128.store(d, w0, 16), v128.store(d, z0);
  v128.store(c1, y1, 16), v128.store(c1, x1), v128.store(d1, w1, 16), v128.store(d1, z1);
  v128.store(c2, y2, 16), v128.store(c2, x2), v128.store(d2, w2, 16), v128.store(d2, z2);
  v128.store(c3, y3, 16), v128.store(c3, x3), v128.store(d3, w3, 16), v128.store(d3, z3);
  v128.store(c4, y4, 16), v128.store(c4, x4), v128.store(d4, w4, 16), v128.store(d4, z4);
  v128.store(c5, y5, 16), v128.store(c5, x5), v128.store(d5, w5, 16), v128.store(d5, z5);
}

/** The same for six rows of A that are vectors without gaps, `aRow` bytes apart. */
export function tileWideRows(
  a0: usize, aRow: usize, b: usize, bNext: usize, length: i32,
  c: usize, cStep: usize, cNext: usize, accumulate: bool,
): void {
  let x0 = f32x4.splat(0), y0 = x0, z0 = x0, w0 = x0, x1 = x0, y1 = x0, z1 = x0, w1 = x0;
  let x2 = x0, y2 = x0, z2 = x0, w2 = x0, x3 = x0, y3 = x0, z3 = x0, w3 = x0;
  let x4 = x0, y4 = x0, z4 = x0, w4 = x0, x5 = x0, y5 = x0, z5 = x0, w5 = x0;
  let b1 = b + bNext;
  let a1 = a0 + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow, a5 = a4 + aRow;
  for (const end = b + <usize>length * 32; b < end; b += 32, b1 += 32, a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4) {
    const x = v128.load(b), y = v128.load(b, 16), z = v128.load(b1), w = v128.load(b1, 16);
    const s0 = v128.load32_splat(a0);
    x0 = madd(s0, x, x0), y0 = madd(s0, y, y0), z0 = madd(s0, z, z0), w0 = madd(s0, w, w0);
    const s1 = v128.load32_splat(a1);
    x1 = madd(s1, x, x1), y1 = madd(s1, y, y1), z1 = madd(s1, z, z1), w1 = madd(s1, w, w1);
    const s2 = v128.load32_splat(a2);
    x2 = madd(s2, x, x2), y2 = madd(s2, y, y2), z2 = madd(s2, z, z2), w2 = madd(s2, w, w2);
    const s3 = v128.load32_splat(a3);
    x3 = madd(s3, x, x3), y3 = madd(s3, y, y3), z3 = madd(s3, z, z3), w3 = madd(s3, w, w3);
    const s4 = v128.load32_splat(a4);
    x4 = madd(s4, x, x4), y4 = madd(s4, y, y4), z4 = madd(s4, z, z4), w4 = madd(s4, w, w4);
    const s5 = v128.load32_splat(a5);
    x5 = madd(s5, x, x5), y5 = madd(s5, y, y5), z5 = madd(s5, z, z5), w5 = madd(s5, w, w5);
  }
  const c1 = c + cStep, c2 = c1 + cStep, c3 = c2 + cStep, c4 = c3 + cStep, c5 = c4 + cStep;
  const d = c + cNext, d1 = c1 + cNext, d2 = c2 + cNext, d3 = c3 + cNext, d4 = c4 + cNext, d5 = c5 + cNext;
  if (accumulate) {
    x0 = f32x4.add(v128.load(c), x0), y0 = f32x4.add(v128.load(c, 16), y0);
    z0 = f32x4.add(v128.load(d), z0), w0 = f32x4.add(v128.load(d, 16), w0);
    x1 = f32x4.add(v128.load(c1), x1), y1 = f32x4.add(v128.load(c1, 16), y1);
    z1 = f32x4.add(v128.load(d1), z1), w1 = f32x4.add(v128.load(d1, 16), w1);
    x2 = f32x4.add(v128.load(c2), x2), y2 = f32x4.add(v128.load(c2, 16), y2);
    z2 = f32x4.add(v128.load(d2), z2), w2 = f32x4.add(v128.load(d2, 16), w2);
    x3 = f32x4.add(v128.load(c3), x3), y3 = f32x4.add(v128.load(c3, 16), y3);
    z3 = f32x4.add(v128.load(d3), z3), w3 = f32x4.add(v128.load(d3, 16), w3);
    x4 = f32x4.add(v128.load(c4), x4), y4 = f32x4.add(v128.load(c4, 16), y4);
    z4 = f32x4.add(v128.load(d4), z4), w4 = f32x4.add(v128.load(d4, 16), w4);
    x5 = f32x4.add(v128.load(c5), x5), y5 = f32x4.add(v128.load(c5, 16), y5);
    z5 = f32x4.add(v128.load(d5), z5), w5 = f32x4.add(v128.load(d5, 16), w5);
  }
  v128.store(c, y0, 16), v128.store(c, x0), v128.store(d, w0, 16), v128.store(d, z0);
  v128.store(c1, y1, 16), v128.store(c1, x1), v128.store(d1, w1, 16), v128.store(d1, z1);
  v128.store(c2, y2, 16), v128.store(c2, x2), v128.store(d2, w2, 16), v128.store(d2, z2);
  v128.store(c3, y3, 16), v128.store(c3, x3), v128.store(d3, w3, 16), v128.store(d3, z3);
  v128.store(c4, y4, 16), v128.store(c4, x4), v128.store(d4, w4, 16), v128.store(d4, z4);
  v128.store(c5, y5, 16), v128.store(c5, x5), v128.store(d5, w5, 16), v128.store(d5, z5);
}

/** Computes a whole tile of 4 x 16 from unpacked matrices, in the form of `tileWide`. */
export function tileInPlaceWide(
  a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, length: i32, c: usize, cStep: usize, accumulate: bool,
): void {
  let a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  let x0 = f32x4.splat(0), y0 = x0, z0 = x0, w0 = x0, x1 = x0, y1 = x0, z1 = x0, w1 = x0;
  let x2 = x0, y2 = x0, z2 = x0, w2 = x0, x3 = x0, y3 = x0, z3 = x0, w3 = x0;
  for (let k = 0; k < length; k++) {
    const x = v128.load(b), y = v128.load(b, 16), z = v128.load(b, 32), w = v128.load(b, 48);
    const s0 = v128.load32_splat(a);
    x0 = madd(s0, x, x0), y0 = madd(s0, y, y0), z0 = madd(s0, z, z0), w0 = madd(s0, w, w0);
    const s1 = v128.load32_splat(a1);
    x1 = madd(s1, x, x1), y1 = madd(s1, y, y1), z1 = madd(s1, z, z1), w1 = madd(s1, w, w1);
    const s2 = v128.load32_splat(a2);
    x2 = madd(s2, x, x2), y2 = madd(s2, y, y2), z2 = madd(s2, z, z2), w2 = madd(s2, w, w2);
    const s3 = v128.load32_splat(a3);
    x3 = madd(s3, x, x3), y3 = madd(s3, y, y3), z3 = madd(s3, z, z3), w3 = madd(s3, w, w3);
    a += aColumn, a1 += aColumn, a2 += aColumn, a3 += aColumn;
    b += bRow;
  }
  const c1 = c + cStep, c2 = c1 + cStep, c3 = c2 + cStep;
  if (accumulate) {
    x0 = f32x4.add(v128.load(c), x0), y0 = f32x4.add(v128.load(c, 16), y0);
    z0 = f32x4.add(v128.load(c, 32), z0), w0 = f32x4.add(v128.load(c, 48), w0);
    x1 = f32x4.add(v128.load(c1), x1), y1 = f32x4.add(v128.load(c1, 16), y1);
    z1 = f32x4.add(v128.load(c1, 32), z1), w1 = f32x4.add(v128.load(c1, 48), w1);
    x2 = f32x4.add(v128.load(c2), x2), y2 = f32x4.add(v128.load(c2, 16), y2);
    z2 = f32x4.add(v128.load(c2, 32), z2), w2 = f32x4.add(v128.load(c2, 48), w2);
    x3 = f32x4.add(v128.load(c3), x3), y3 = f32x4.add(v128.load(c3, 16), y3);
    z3 = f32x4.add(v128.load(c3, 32), z3), w3 = f32x4.add(v128.load(c3, 48), w3);
  }
  v128.store(c, y0, 16), v128.store(c, x0), v128.store(c, w0, 48), v128.store(c, z0, 32);
  v128.store(c1, y1, 16), v128.store(c1, x1), v128.store(c1, w1, 48), v128.store(c1, z1, 32);
  v128.store(c2, y2, 16), v128.store(c2, x2), v128.store(c2, w2, 48), v128.store(c2, z2, 32);
  v128.store(c3, y3, 16), v128.store(c3, x3), v128.store(c3, w3, 48), v128.store(c3, z3, 32);
}
