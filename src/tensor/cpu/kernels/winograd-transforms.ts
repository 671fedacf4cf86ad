// One-dimensional transforms of the Winograd algorithm F(4, 3) (Lavin and Gray, "Fast algorithms for convolutional neural
// networks", CVPR 2016): y = A' [(G g) * (B' d)] gives 4 outputs of a 3-tap filter from 6 inputs with 6 products instead of
// 12. Each works on vectors in memory whose lanes are independent problems; `step` is the distance between vectors.
import { madd, nmadd } from './simd';

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
  const two = f32x4.splat(2);
  const four = f32x4.splat(4);
  const five = f32x4.splat(5);
  const even = nmadd(four, d2, d4);
  const odd = nmadd(four, d1, d3);
  const even2 = f32x4.sub(d4, d2);
  const odd2 = f32x4.sub(d3, d1);
  v128.store(to, madd(four, d0, nmadd(five, d2, d4)));
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  v128.store(to + 3 * toStep, madd(two, odd2, even2));
  v128.store(to + 4 * toStep, nmadd(two, odd2, even2));
  v128.store(to + 5 * toStep, madd(four, d1, nmadd(five, d3, d5)));
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
  v128.store(to + toStep, madd(f32x4.splat(2), difference34, difference12));
  v128.store(to + 2 * toStep, madd(f32x4.splat(4), sum34, sum12));
  const last = f32x4.add(difference12, v128.load(from + 5 * fromStep));
  v128.store(to + 3 * toStep, madd(f32x4.splat(8), difference34, last));
}

/** A y: the adjoint of `outputTransform`, from 4 gradients to 6. */
@inline
export function gradientTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const y0 = v128.load(from);
  const y1 = v128.load(from + fromStep);
  const y2 = v128.load(from + 2 * fromStep);
  const y3 = v128.load(from + 3 * fromStep);
  const even = f32x4.add(y0, y2);
  const odd = f32x4.add(y1, y3);
  const even2 = madd(f32x4.splat(4), y2, y0);
  const odd2 = f32x4.mul(f32x4.splat(2), madd(f32x4.splat(4), y3, y1));
  v128.store(to, y0);
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  v128.store(to + 3 * toStep, f32x4.add(even2, odd2));
  v128.store(to + 4 * toStep, f32x4.sub(even2, odd2));
  v128.store(to + 5 * toStep, y3);
}

/** G g: 3 weights to 6. */
@inline
export function weightTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const g0 = v128.load(from);
  const g1 = v128.load(from + fromStep);
  const g2 = v128.load(from + 2 * fromStep);
  const sixth = f32x4.splat(<f32>(1.0 / 6.0));
  const outer = f32x4.mul(f32x4.splat(<f32>(-1.0 / 6.0)), f32x4.add(g0, g2));
  const inner = f32x4.mul(sixth, g1);
  const outer2 = madd(sixth, g2, f32x4.mul(f32x4.splat(<f32>(1.0 / 24.0)), g0));
  const inner2 = f32x4.mul(f32x4.splat(<f32>(1.0 / 12.0)), g1);
  v128.store(to, f32x4.mul(f32x4.splat(0.25), g0));
  v128.store(to + toStep, f32x4.sub(outer, inner));
  v128.store(to + 2 * toStep, f32x4.add(outer, inner));
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
  const sixth = f32x4.splat(<f32>(1.0 / 6.0));
  const sum12 = f32x4.mul(sixth, f32x4.add(m1, m2));
  const sum34 = f32x4.add(m3, m4);
  const first = madd(f32x4.splat(<f32>(1.0 / 24.0)), sum34, f32x4.mul(f32x4.splat(0.25), v128.load(from)));
  v128.store(to, f32x4.sub(first, sum12));
  const middle = f32x4.mul(f32x4.splat(<f32>(1.0 / 12.0)), f32x4.sub(m3, m4));
  v128.store(to + toStep, madd(sixth, f32x4.sub(m2, m1), middle));
  const last = f32x4.sub(v128.load(from + 5 * fromStep), sum12);
  v128.store(to + 2 * toStep, madd(sixth, sum34, last));
}
