import { madd } from '../simd';

/**
 * sums[i][lane] += panel[k][lane] * (float at base + places[i] + offsets[k]) for `count` places i, 8 lanes and k <
 * length. With outputs as places, taps as offsets and weights (of 8 output channels) as panel this is a convolution;
 * with taps as places, outputs as offsets and gradients (of 8 channels) as panel it is the gradient of the weights. In
 * both cases nothing depends on the distances between places, so strides, dilation and narrow images cost nothing.
 *
 * Four places at a time: 8 vectors of sums and the 5 values that V8 loads before it multiplies fit the registers. The
 * loops are in one function because V8 unrolls nested loops more, and the order of loads and multiplications is the
 * fastest of those tried.
 *
 * @param sums [place][lane], 64-bit-aligned vectors of 8 floats
 * @param places byte offsets [place]
 * @param count a multiple of 4
 * @param offsets byte offsets [k]
 * @param panel [k][lane]
 */
export function gatherTiles(
  sums: usize, places: usize, count: i32, base: usize, offsets: usize, panel: usize, length: i32,
): void {
  const panelEnd = panel + <usize>length * 32;
  for (const end = places + <usize>count * 4; places < end; places += 16, sums += 128) {
    const p0 = base + load<usize>(places), p1 = base + load<usize>(places, 4);
    const p2 = base + load<usize>(places, 8), p3 = base + load<usize>(places, 12);
    let x0 = v128.load(sums), y0 = v128.load(sums, 16), x1 = v128.load(sums, 32), y1 = v128.load(sums, 48);
    let x2 = v128.load(sums, 64), y2 = v128.load(sums, 80), x3 = v128.load(sums, 96), y3 = v128.load(sums, 112);
    let k = offsets;
    for (let w = panel; w < panelEnd; w += 32, k += 4) {
      const offset = load<usize>(k);
      const x = v128.load(w);
      const s0 = v128.load32_splat(p0 + offset);
      x0 = madd(s0, x, x0);
      const s1 = v128.load32_splat(p1 + offset);
      x1 = madd(s1, x, x1);
      const s2 = v128.load32_splat(p2 + offset);
      x2 = madd(s2, x, x2);
      const s3 = v128.load32_splat(p3 + offset);
      x3 = madd(s3, x, x3);
      const y = v128.load(w, 16);
      y0 = madd(s0, y, y0), y1 = madd(s1, y, y1), y2 = madd(s2, y, y2), y3 = madd(s3, y, y3);
    }
    v128.store(sums, x0), v128.store(sums, y0, 16), v128.store(sums, x1, 32), v128.store(sums, y1, 48);
    v128.store(sums, x2, 64), v128.store(sums, y2, 80), v128.store(sums, x3, 96), v128.store(sums, y3, 112);
  }
}

/**
 * The same for two panels, `panelNext` bytes apart, and their sums, `sumsNext` bytes apart, in the form that V8
 * computes in vectors of 256 bits.
 */
@inline
export function gatherTilesWide(
  sums: usize, sumsNext: usize, places: usize, count: i32, base: usize, offsets: usize,
  panel: usize, panelNext: usize, length: i32,
): void {
  for (; count >= 12; count -= 12, places += 48, sums += 384) {
    gatherTileWide6(sums, sumsNext, places, base, offsets, panel, panelNext, length);
    gatherTileWide6(sums + 192, sumsNext, places + 24, base, offsets, panel, panelNext, length);
  }
  for (const end = places + <usize>count * 4; places < end; places += 16, sums += 128) {
    gatherTileWide(sums, sumsNext, places, base, offsets, panel, panelNext, length);
  }
}

/** Adds to the sums of six places: 12 vectors of sums, 2 of the panels and a broadcast value fill the registers. */
export function gatherTileWide6(
  sums: usize, sumsNext: usize, places: usize, base: usize, offsets: usize,
  panel: usize, panelNext: usize, length: i32,
): void {
  const p0 = base + load<usize>(places), p1 = base + load<usize>(places, 4), p2 = base + load<usize>(places, 8);
  const p3 = base + load<usize>(places, 12), p4 = base + load<usize>(places, 16), p5 = base + load<usize>(places, 20);
  const sums1 = sums + sumsNext;
  let x0 = v128.load(sums, 0), y0 = v128.load(sums, 16), z0 = v128.load(sums1, 0), w0 = v128.load(sums1, 16);
  let x1 = v128.load(sums, 32), y1 = v128.load(sums, 48), z1 = v128.load(sums1, 32), w1 = v128.load(sums1, 48);
  let x2 = v128.load(sums, 64), y2 = v128.load(sums, 80), z2 = v128.load(sums1, 64), w2 = v128.load(sums1, 80);
  let x3 = v128.load(sums, 96), y3 = v128.load(sums, 112), z3 = v128.load(sums1, 96), w3 = v128.load(sums1, 112);
  let x4 = v128.load(sums, 128), y4 = v128.load(sums, 144), z4 = v128.load(sums1, 128), w4 = v128.load(sums1, 144);
  let x5 = v128.load(sums, 160), y5 = v128.load(sums, 176), z5 = v128.load(sums1, 160), w5 = v128.load(sums1, 176);
  let q = panel + panelNext;
  for (const end = panel + <usize>length * 32; panel < end; panel += 32, q += 32, offsets += 4) {
    const offset = load<usize>(offsets);
    const x = v128.load(panel), y = v128.load(panel, 16), z = v128.load(q), w = v128.load(q, 16);
    const s0 = v128.load32_splat(p0 + offset);
    x0 = madd(s0, x, x0), y0 = madd(s0, y, y0), z0 = madd(s0, z, z0), w0 = madd(s0, w, w0);
    const s1 = v128.load32_splat(p1 + offset);
    x1 = madd(s1, x, x1), y1 = madd(s1, y, y1), z1 = madd(s1, z, z1), w1 = madd(s1, w, w1);
    const s2 = v128.load32_splat(p2 + offset);
    x2 = madd(s2, x, x2), y2 = madd(s2, y, y2), z2 = madd(s2, z, z2), w2 = madd(s2, w, w2);
    const s3 = v128.load32_splat(p3 + offset);
    x3 = madd(s3, x, x3), y3 = madd(s3, y, y3), z3 = madd(s3, z, z3), w3 = madd(s3, w, w3);
    const s4 = v128.load32_splat(p4 + offset);
    x4 = madd(s4, x, x4), y4 = madd(s4, y, y4), z4 = madd(s4, z, z4), w4 = madd(s4, w, w4);
    const s5 = v128.load32_splat(p5 + offset);
    x5 = madd(s5, x, x5), y5 = madd(s5, y, y5), z5 = madd(s5, z, z5), w5 = madd(s5, w, w5);
  }
  v128.store(sums, y0, 16), v128.store(sums, x0, 0), v128.store(sums1, w0, 16), v128.store(sums1, z0, 0);
  v128.store(sums, y1, 48), v128.store(sums, x1, 32), v128.store(sums1, w1, 48), v128.store(sums1, z1, 32);
  v128.store(sums, y2, 80), v128.store(sums, x2, 64), v128.store(sums1, w2, 80), v128.store(sums1, z2, 64);
  v128.store(sums, y3, 112), v128.store(sums, x3, 96), v128.store(sums1, w3, 112), v128.store(sums1, z3, 96);
  v128.store(sums, y4, 144), v128.store(sums, x4, 128), v128.store(sums1, w4, 144), v128.store(sums1, z4, 128);
  v128.store(sums, y5, 176), v128.store(sums, x5, 160), v128.store(sums1, w5, 176), v128.store(sums1, z5, 160);
}

/** Adds to the sums of four places. */
export function gatherTileWide(
  sums: usize, sumsNext: usize, places: usize, base: usize, offsets: usize,
  panel: usize, panelNext: usize, length: i32,
): void {
  const p0 = base + load<usize>(places), p1 = base + load<usize>(places, 4);
  const p2 = base + load<usize>(places, 8), p3 = base + load<usize>(places, 12);
  const sums1 = sums + sumsNext;
  let x0 = v128.load(sums), y0 = v128.load(sums, 16), z0 = v128.load(sums1), w0 = v128.load(sums1, 16);
  let x1 = v128.load(sums, 32), y1 = v128.load(sums, 48), z1 = v128.load(sums1, 32), w1 = v128.load(sums1, 48);
  let x2 = v128.load(sums, 64), y2 = v128.load(sums, 80), z2 = v128.load(sums1, 64), w2 = v128.load(sums1, 80);
  let x3 = v128.load(sums, 96), y3 = v128.load(sums, 112), z3 = v128.load(sums1, 96), w3 = v128.load(sums1, 112);
  let q = panel + panelNext;
  for (const end = panel + <usize>length * 32; panel < end; panel += 32, q += 32, offsets += 4) {
    const offset = load<usize>(offsets);
    const x = v128.load(panel), y = v128.load(panel, 16), z = v128.load(q), w = v128.load(q, 16);
    const s0 = v128.load32_splat(p0 + offset);
    x0 = madd(s0, x, x0), y0 = madd(s0, y, y0), z0 = madd(s0, z, z0), w0 = madd(s0, w, w0);
    const s1 = v128.load32_splat(p1 + offset);
    x1 = madd(s1, x, x1), y1 = madd(s1, y, y1), z1 = madd(s1, z, z1), w1 = madd(s1, w, w1);
    const s2 = v128.load32_splat(p2 + offset);
    x2 = madd(s2, x, x2), y2 = madd(s2, y, y2), z2 = madd(s2, z, z2), w2 = madd(s2, w, w2);
    const s3 = v128.load32_splat(p3 + offset);
    x3 = madd(s3, x, x3), y3 = madd(s3, y, y3), z3 = madd(s3, z, z3), w3 = madd(s3, w, w3);
  }
  v128.store(sums, y0, 16), v128.store(sums, x0), v128.store(sums1, w0, 16), v128.store(sums1, z0);
  v128.store(sums, y1, 48), v128.store(sums, x1, 32), v128.store(sums1, w1, 48), v128.store(sums1, z1, 32);
  v128.store(sums, y2, 80), v128.store(sums, x2, 64), v128.store(sums1, w2, 80), v128.store(sums1, z2, 64);
  v128.store(sums, y3, 112), v128.store(sums, x3, 96), v128.store(sums1, w3, 112), v128.store(sums1, z3, 96);
}

/**
 * As `gatherTiles`, but for eight places at a time, in vectors of 256 bits. If four places are left over, they are
 * computed as there.
 */
@inline
export function gatherTilesOf8(
  sums: usize, places: usize, count: i32, base: usize, offsets: usize, panel: usize, length: i32,
): void {
  for (; count >= 8; count -= 8, places += 32, sums += 256) gatherTile8(sums, places, base, offsets, panel, length);
  gatherTiles(sums, places, count, base, offsets, panel, length);
}

/** Adds to the sums of eight places. */
export function gatherTile8(sums: usize, places: usize, base: usize, offsets: usize, panel: usize, length: i32): void {
  const p0 = base + load<usize>(places), p1 = base + load<usize>(places, 4);
  const p2 = base + load<usize>(places, 8), p3 = base + load<usize>(places, 12);
  const p4 = base + load<usize>(places, 16), p5 = base + load<usize>(places, 20);
  const p6 = base + load<usize>(places, 24), p7 = base + load<usize>(places, 28);
  let x0 = v128.load(sums), y0 = v128.load(sums, 16), x1 = v128.load(sums, 32), y1 = v128.load(sums, 48);
  let x2 = v128.load(sums, 64), y2 = v128.load(sums, 80), x3 = v128.load(sums, 96), y3 = v128.load(sums, 112);
  let x4 = v128.load(sums, 128), y4 = v128.load(sums, 144), x5 = v128.load(sums, 160), y5 = v128.load(sums, 176);
  let x6 = v128.load(sums, 192), y6 = v128.load(sums, 208), x7 = v128.load(sums, 224), y7 = v128.load(sums, 240);
  for (const end = panel + <usize>length * 32; panel < end; panel += 32, offsets += 4) {
    const offset = load<usize>(offsets), x = v128.load(panel), y = v128.load(panel, 16);
    const s0 = v128.load32_splat(p0 + offset);
    x0 = madd(s0, x, x0), y0 = madd(s0, y, y0);
    const s1 = v128.load32_splat(p1 + offset);
    x1 = madd(s1, x, x1), y1 = madd(s1, y, y1);
    const s2 = v128.load32_splat(p2 + offset);
    x2 = madd(s2, x, x2), y2 = madd(s2, y, y2);
    const s3 = v128.load32_splat(p3 + offset);
    x3 = madd(s3, x, x3), y3 = madd(s3, y, y3);
    const s4 = v128.load32_splat(p4 + offset);
    x4 = madd(s4, x, x4), y4 = madd(s4, y, y4);
    const s5 = v128.load32_splat(p5 + offset);
    x5 = madd(s5, x, x5), y5 = madd(s5, y, y5);
    const s6 = v128.load32_splat(p6 + offset);
    x6 = madd(s6, x, x6), y6 = madd(s6, y, y6);
    const s7 = v128.load32_splat(p7 + offset);
    x7 = madd(s7, x, x7), y7 = madd(s7, y, y7);
  }
  v128.store(sums, y0, 16), v128.store(sums, x0), v128.store(sums, y1, 48), v128.store(sums, x1, 32);
  v128.store(sums, y2, 80), v128.store(sums, x2, 64), v128.store(sums, y3, 112), v128.store(sums, x3, 96);
  v128.store(sums, y4, 144), v128.store(sums, x4, 128), v128.store(sums, y5, 176), v128.store(sums, x5, 160);
  v128.store(sums, y6, 208), v128.store(sums, x6, 192), v128.store(sums, y7, 240), v128.store(sums, x7, 224);
}
