// AssemblyScript, compiled with relaxed SIMD. Pairs of vectors in the form that V8 joins into vectors of 256 bits: loaded
// and stored 16 bytes apart, the second of a pair stored first. Without that the loop lacks registers.

/** `n` rounds of 12 independent chains of multiply-adds of 8 floats: 192 n operations. Changes the 384 bytes at `at`. */
export function chains(n: i32, x: f32, at: usize): void {
  let a0 = v128.load(at), b0 = v128.load(at, 16), a1 = v128.load(at, 32), b1 = v128.load(at, 48);
  let a2 = v128.load(at, 64), b2 = v128.load(at, 80), a3 = v128.load(at, 96), b3 = v128.load(at, 112);
  let a4 = v128.load(at, 128), b4 = v128.load(at, 144), a5 = v128.load(at, 160), b5 = v128.load(at, 176);
  let a6 = v128.load(at, 192), b6 = v128.load(at, 208), a7 = v128.load(at, 224), b7 = v128.load(at, 240);
  let a8 = v128.load(at, 256), b8 = v128.load(at, 272), a9 = v128.load(at, 288), b9 = v128.load(at, 304);
  let a10 = v128.load(at, 320), b10 = v128.load(at, 336), a11 = v128.load(at, 352), b11 = v128.load(at, 368);
  const m = f32x4.splat(x * 0.5), c = f32x4.splat(x * 0.25);
  for (let i = 0; i < n; i++) {
    a0 = f32x4.relaxed_madd(c, m, a0), b0 = f32x4.relaxed_madd(c, m, b0);
    a1 = f32x4.relaxed_madd(c, m, a1), b1 = f32x4.relaxed_madd(c, m, b1);
    a2 = f32x4.relaxed_madd(c, m, a2), b2 = f32x4.relaxed_madd(c, m, b2);
    a3 = f32x4.relaxed_madd(c, m, a3), b3 = f32x4.relaxed_madd(c, m, b3);
    a4 = f32x4.relaxed_madd(c, m, a4), b4 = f32x4.relaxed_madd(c, m, b4);
    a5 = f32x4.relaxed_madd(c, m, a5), b5 = f32x4.relaxed_madd(c, m, b5);
    a6 = f32x4.relaxed_madd(c, m, a6), b6 = f32x4.relaxed_madd(c, m, b6);
    a7 = f32x4.relaxed_madd(c, m, a7), b7 = f32x4.relaxed_madd(c, m, b7);
    a8 = f32x4.relaxed_madd(c, m, a8), b8 = f32x4.relaxed_madd(c, m, b8);
    a9 = f32x4.relaxed_madd(c, m, a9), b9 = f32x4.relaxed_madd(c, m, b9);
    a10 = f32x4.relaxed_madd(c, m, a10), b10 = f32x4.relaxed_madd(c, m, b10);
    a11 = f32x4.relaxed_madd(c, m, a11), b11 = f32x4.relaxed_madd(c, m, b11);
  }
  v128.store(at, b0, 16), v128.store(at, a0), v128.store(at, b1, 48), v128.store(at, a1, 32);
  v128.store(at, b2, 80), v128.store(at, a2, 64), v128.store(at, b3, 112), v128.store(at, a3, 96);
  v128.store(at, b4, 144), v128.store(at, a4, 128), v128.store(at, b5, 176), v128.store(at, a5, 160);
  v128.store(at, b6, 208), v128.store(at, a6, 192), v128.store(at, b7, 240), v128.store(at, a7, 224);
  v128.store(at, b8, 272), v128.store(at, a8, 256), v128.store(at, b9, 304), v128.store(at, a9, 288);
  v128.store(at, b10, 336), v128.store(at, a10, 320), v128.store(at, b11, 368), v128.store(at, a11, 352);
}
