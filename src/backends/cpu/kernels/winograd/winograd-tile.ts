import { madd } from '../simd';

// Products of some tiles of the transformed input, whose channels are in blocks of 8, and one or two blocks of output
// channels of the transformed weights.

/**
 * c[tile][lane] = sum over k < length of a[k / 8][tile][k % 8] * b[k][lane] for 4 tiles and 8 lanes. Pointers are
 * multiples of 32.
 *
 * @param aBlock bytes from one block of 8 channels to the next
 */
export function tiles4(a: usize, aBlock: usize, b: usize, length: i32, c: usize): void {
  let x0 = f32x4.splat(0), y0 = x0, x1 = x0, y1 = x0, x2 = x0, y2 = x0, x3 = x0, y3 = x0;
  for (const end = b + <usize>length * 32; b < end; a += aBlock) {
    for (let p = a, blockEnd = min(end, b + 256); b < blockEnd; b += 32, p += 4) {
      const s0 = v128.load32_splat(p), s1 = v128.load32_splat(p, 32);
      const s2 = v128.load32_splat(p, 64), s3 = v128.load32_splat(p, 96);
      const x = v128.load(b);
      x0 = madd(s0, x, x0), x1 = madd(s1, x, x1), x2 = madd(s2, x, x2), x3 = madd(s3, x, x3);
      const y = v128.load(b, 16);
      y0 = madd(s0, y, y0), y1 = madd(s1, y, y1), y2 = madd(s2, y, y2), y3 = madd(s3, y, y3);
    }
  }
  v128.store(c, y0, 16), v128.store(c, x0), v128.store(c, y1, 48), v128.store(c, x1, 32);
  v128.store(c, y2, 80), v128.store(c, x2, 64), v128.store(c, y3, 112), v128.store(c, x3, 96);
}

/**
 * The same for 6 tiles and two blocks of lanes, `bNext` and `cNext` bytes apart, in the form that V8 computes in
 * vectors of 256 bits, as `tileWide` does: 12 vectors of sums, 2 of b and a broadcast value fill the registers.
 */
export function tiles6(a: usize, aBlock: usize, b: usize, bNext: usize, length: i32, c: usize, cNext: usize): void {
  let x0 = f32x4.splat(0), y0 = x0, z0 = x0, w0 = x0, x1 = x0, y1 = x0, z1 = x0, w1 = x0;
  let x2 = x0, y2 = x0, z2 = x0, w2 = x0, x3 = x0, y3 = x0, z3 = x0, w3 = x0;
  let x4 = x0, y4 = x0, z4 = x0, w4 = x0, x5 = x0, y5 = x0, z5 = x0, w5 = x0;
  let b1 = b + bNext;
  for (const end = b + <usize>length * 32; b < end; a += aBlock) {
    for (let p = a, blockEnd = min(end, b + 256); b < blockEnd; b += 32, b1 += 32, p += 4) {
      const x = v128.load(b), y = v128.load(b, 16), z = v128.load(b1), w = v128.load(b1, 16);
      const s0 = v128.load32_splat(p);
      x0 = madd(s0, x, x0), y0 = madd(s0, y, y0), z0 = madd(s0, z, z0), w0 = madd(s0, w, w0);
      const s1 = v128.load32_splat(p, 32);
      x1 = madd(s1, x, x1), y1 = madd(s1, y, y1), z1 = madd(s1, z, z1), w1 = madd(s1, w, w1);
      const s2 = v128.load32_splat(p, 64);
      x2 = madd(s2, x, x2), y2 = madd(s2, y, y2), z2 = madd(s2, z, z2), w2 = madd(s2, w, w2);
      const s3 = v128.load32_splat(p, 96);
      x3 = madd(s3, x, x3), y3 = madd(s3, y, y3), z3 = madd(s3, z, z3), w3 = madd(s3, w, w3);
      const s4 = v128.load32_splat(p, 128);
      x4 = madd(s4, x, x4), y4 = madd(s4, y, y4), z4 = madd(s4, z, z4), w4 = madd(s4, w, w4);
      const s5 = v128.load32_splat(p, 160);
      x5 = madd(s5, x, x5), y5 = madd(s5, y, y5), z5 = madd(s5, z, z5), w5 = madd(s5, w, w5);
    }
  }
  const d = c + cNext;
  v128.store(c, y0, 16), v128.store(c, x0, 0), v128.store(d, w0, 16), v128.store(d, z0, 0);
  v128.store(c, y1, 48), v128.store(c, x1, 32), v128.store(d, w1, 48), v128.store(d, z1, 32);
  v128.store(c, y2, 80), v128.store(c, x2, 64), v128.store(d, w2, 80), v128.store(d, z2, 64);
  v128.store(c, y3, 112), v128.store(c, x3, 96), v128.store(d, w3, 112), v128.store(d, z3, 96);
  v128.store(c, y4, 144), v128.store(c, x4, 128), v128.store(d, w4, 144), v128.store(d, z4, 128);
  v128.store(c, y5, 176), v128.store(c, x5, 160), v128.store(d, w5, 176), v128.store(d, z5, 160);
}
