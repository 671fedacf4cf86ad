// One-dimensional transforms of the Winograd algorithm F(4, 3) (Lavin and Gray, "Fast algorithms for convolutional
// neural networks", CVPR 2016): y = A' [(G g) * (B' d)] gives 4 outputs of a 3-tap filter from 6 inputs with 6 products
// instead of 12. Each transform works on vectors in memory whose lanes are independent problems; steps are distances
// between vectors.
//
// The polynomials are evaluated at 0, +-a, +-b and infinity with a = 3/4 and b = 3/2. The usual a = 1 and b = 2 have
// rounding errors two to four times as large, because their powers differ more in magnitude. All powers are exact in
// float32.
import { madd, nmadd } from '../simd';

const A: f32 = 0.75;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
const A3: f32 = A * A2;
const B3: f32 = B * B2;
/** Products of the differences between a point and the other points, for the points 0, +-a and +-b. */
const N0: f32 = A2 * B2;
const NA: f32 = 2 * A2 * (A2 - B2);
const NB: f32 = 2 * B2 * (B2 - A2);

/** B' d: 6 inputs to 6. */
@inline
export function inputTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from);
  const d1 = v128.load(from + fromStep);
  const d2 = v128.load(from + 2 * fromStep);
  const d3 = v128.load(from + 3 * fromStep);
  const d4 = v128.load(from + 4 * fromStep);
  const d5 = v128.load(from + 5 * fromStep);
  storeInputTransform(d0, d1, d2, d3, d4, d5, to, toStep);
}

/** B' d of six vectors, written to memory. */
@inline
export function storeInputTransform(
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  d4: v128,
  d5: v128,
  to: usize,
  toStep: usize,
): void {
  const even = nmadd(f32x4.splat(B2), d2, d4);
  const odd = nmadd(f32x4.splat(B2), d1, d3);
  const even2 = nmadd(f32x4.splat(A2), d2, d4);
  const odd2 = nmadd(f32x4.splat(A2), d1, d3);
  const outer = f32x4.splat(N0);
  const inner = f32x4.splat(A2 + B2);
  v128.store(to, madd(outer, d0, nmadd(inner, d2, d4)));
  v128.store(to + toStep, madd(f32x4.splat(A), odd, even));
  v128.store(to + 2 * toStep, nmadd(f32x4.splat(A), odd, even));
  v128.store(to + 3 * toStep, madd(f32x4.splat(B), odd2, even2));
  v128.store(to + 4 * toStep, nmadd(f32x4.splat(B), odd2, even2));
  v128.store(to + 5 * toStep, madd(outer, d1, nmadd(inner, d3, d5)));
}

/** A' m: 6 products to 4 outputs. */
@inline
export function outputTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + fromStep);
  const m2 = v128.load(from + 2 * fromStep);
  const m3 = v128.load(from + 3 * fromStep);
  const m4 = v128.load(from + 4 * fromStep);
  const sum12 = f32x4.add(m1, m2);
  const difference12 = f32x4.sub(m1, m2);
  const sum34 = f32x4.add(m3, m4);
  const difference34 = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), sum12), sum34));
  v128.store(to + toStep, madd(f32x4.splat(B), difference34, f32x4.mul(f32x4.splat(A), difference12)));
  v128.store(to + 2 * toStep, madd(f32x4.splat(B2), sum34, f32x4.mul(f32x4.splat(A2), sum12)));
  const last = madd(f32x4.splat(A3), difference12, v128.load(from + 5 * fromStep));
  v128.store(to + 3 * toStep, madd(f32x4.splat(B3), difference34, last));
}

/** A y: the adjoint of `outputTransform`, from 4 gradients to 6. */
@inline
export function gradientTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const y0 = v128.load(from);
  const y1 = v128.load(from + fromStep);
  const y2 = v128.load(from + 2 * fromStep);
  const y3 = v128.load(from + 3 * fromStep);
  const even = madd(f32x4.splat(A2), y2, y0);
  const odd = madd(f32x4.splat(A2), y3, y1);
  const even2 = madd(f32x4.splat(B2), y2, y0);
  const odd2 = madd(f32x4.splat(B2), y3, y1);
  v128.store(to, y0);
  v128.store(to + toStep, madd(f32x4.splat(A), odd, even));
  v128.store(to + 2 * toStep, nmadd(f32x4.splat(A), odd, even));
  v128.store(to + 3 * toStep, madd(f32x4.splat(B), odd2, even2));
  v128.store(to + 4 * toStep, nmadd(f32x4.splat(B), odd2, even2));
  v128.store(to + 5 * toStep, y3);
}

/** G g: 3 weights to 6. */
@inline
export function weightTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const g0 = v128.load(from);
  const g1 = v128.load(from + fromStep);
  const g2 = v128.load(from + 2 * fromStep);
  const outer = f32x4.mul(f32x4.splat(1 / NA), madd(f32x4.splat(A2), g2, g0));
  const inner = f32x4.mul(f32x4.splat(A / NA), g1);
  const outer2 = f32x4.mul(f32x4.splat(1 / NB), madd(f32x4.splat(B2), g2, g0));
  const inner2 = f32x4.mul(f32x4.splat(B / NB), g1);
  v128.store(to, f32x4.mul(f32x4.splat(1 / N0), g0));
  v128.store(to + toStep, f32x4.add(outer, inner));
  v128.store(to + 2 * toStep, f32x4.sub(outer, inner));
  v128.store(to + 3 * toStep, f32x4.add(outer2, inner2));
  v128.store(to + 4 * toStep, f32x4.sub(outer2, inner2));
  v128.store(to + 5 * toStep, g2);
}

/** G' m: the adjoint of `weightTransform`, from 6 products to the gradients of 3 weights. */
@inline
export function weightGradientTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + fromStep);
  const m2 = v128.load(from + 2 * fromStep);
  const m3 = v128.load(from + 3 * fromStep);
  const m4 = v128.load(from + 4 * fromStep);
  const sum12 = f32x4.mul(f32x4.splat(1 / NA), f32x4.add(m1, m2));
  const sum34 = f32x4.mul(f32x4.splat(1 / NB), f32x4.add(m3, m4));
  const first = f32x4.mul(f32x4.splat(1 / N0), v128.load(from));
  v128.store(to, f32x4.add(first, f32x4.add(sum12, sum34)));
  const middle = f32x4.mul(f32x4.splat(A / NA), f32x4.sub(m1, m2));
  v128.store(to + toStep, madd(f32x4.splat(B / NB), f32x4.sub(m3, m4), middle));
  const last = madd(f32x4.splat(A2), sum12, v128.load(from + 5 * fromStep));
  v128.store(to + 2 * toStep, madd(f32x4.splat(B2), sum34, last));
}
