// AssemblyScript. Loops that do nothing but run at a limit of the machine.

/** One link of a chain. In each form the accumulator is the operand for which the engine emits no move. */
// @ts-ignore: decorator
@inline
function link(a: v128, m: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(c, m, a);
  return f32x4.add(f32x4.mul(a, m), c);
}

// @ts-ignore: decorator
@inline
function accumulate(a: v128, x: v128, y: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, a);
  return f32x4.add(f32x4.mul(x, y), a);
}

/** `n` rounds of 12 independent chains of f32x4 multiply-adds, enough to hide their latency: 96 n operations. */
export function chains(n: i32, x: f32): f32 {
  // Different initial values, so that the compiler cannot merge the chains.
  let a0 = f32x4.splat(x);
  let a1 = f32x4.splat(x + 1);
  let a2 = f32x4.splat(x + 2);
  let a3 = f32x4.splat(x + 3);
  let a4 = f32x4.splat(x + 4);
  let a5 = f32x4.splat(x + 5);
  let a6 = f32x4.splat(x + 6);
  let a7 = f32x4.splat(x + 7);
  let a8 = f32x4.splat(x + 8);
  let a9 = f32x4.splat(x + 9);
  let a10 = f32x4.splat(x + 10);
  let a11 = f32x4.splat(x + 11);
  const m = f32x4.splat(x * 0.5);
  const c = f32x4.splat(x * 0.25);
  for (let i = 0; i < n; i++) {
    a0 = link(a0, m, c);
    a1 = link(a1, m, c);
    a2 = link(a2, m, c);
    a3 = link(a3, m, c);
    a4 = link(a4, m, c);
    a5 = link(a5, m, c);
    a6 = link(a6, m, c);
    a7 = link(a7, m, c);
    a8 = link(a8, m, c);
    a9 = link(a9, m, c);
    a10 = link(a10, m, c);
    a11 = link(a11, m, c);
  }
  const s0 = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
  const s1 = f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7));
  const s2 = f32x4.add(f32x4.add(a8, a9), f32x4.add(a10, a11));
  return f32x4.extract_lane(f32x4.add(f32x4.add(s0, s1), s2), 0);
}

/**
 * The inner loop of a matrix product, 4 rows of 2 vectors, two steps per round, on data in the L1 cache: 128 n
 * operations.
 */
export function product(n: i32, start: usize): f32 {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let a4 = f32x4.splat(0);
  let a5 = f32x4.splat(0);
  let a6 = f32x4.splat(0);
  let a7 = f32x4.splat(0);
  for (let i = 0; i < n; i++) {
    const p = start + ((i & 15) << 6);
    const v0 = v128.load(p, 0);
    const w0 = v128.load(p, 16);
    const r00 = v128.load32_splat(p, 2048);
    a0 = accumulate(a0, r00, v0);
    a1 = accumulate(a1, r00, w0);
    const r01 = v128.load32_splat(p, 2052);
    a2 = accumulate(a2, r01, v0);
    a3 = accumulate(a3, r01, w0);
    const r02 = v128.load32_splat(p, 2056);
    a4 = accumulate(a4, r02, v0);
    a5 = accumulate(a5, r02, w0);
    const r03 = v128.load32_splat(p, 2060);
    a6 = accumulate(a6, r03, v0);
    a7 = accumulate(a7, r03, w0);
    const v1 = v128.load(p, 32);
    const w1 = v128.load(p, 48);
    const r10 = v128.load32_splat(p, 2064);
    a0 = accumulate(a0, r10, v1);
    a1 = accumulate(a1, r10, w1);
    const r11 = v128.load32_splat(p, 2068);
    a2 = accumulate(a2, r11, v1);
    a3 = accumulate(a3, r11, w1);
    const r12 = v128.load32_splat(p, 2072);
    a4 = accumulate(a4, r12, v1);
    a5 = accumulate(a5, r12, w1);
    const r13 = v128.load32_splat(p, 2076);
    a6 = accumulate(a6, r13, v1);
    a7 = accumulate(a7, r13, w1);
  }
  const s0 = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
  const s1 = f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7));
  return f32x4.extract_lane(f32x4.add(s0, s1), 0);
}

/** x += s y over `n` floats, in place as an optimizer does: 12 n bytes. `n` is a multiple of 16. */
export function stream(x: usize, y: usize, n: usize, s: f32): void {
  const scale = f32x4.splat(s);
  const end = x + (n << 2);
  for (; x < end; x += 64, y += 64) {
    v128.store(x, f32x4.add(f32x4.mul(v128.load(y), scale), v128.load(x)));
    v128.store(x, f32x4.add(f32x4.mul(v128.load(y, 16), scale), v128.load(x, 16)), 16);
    v128.store(x, f32x4.add(f32x4.mul(v128.load(y, 32), scale), v128.load(x, 32)), 32);
    v128.store(x, f32x4.add(f32x4.mul(v128.load(y, 48), scale), v128.load(x, 48)), 48);
  }
}
