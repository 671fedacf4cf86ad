// One-dimensional transforms of the Winograd algorithm F(4, 3) (Lavin and Gray, "Fast algorithms for convolutional
// neural networks", CVPR 2016): y = A' [(G g) * (B' d)] gives 4 outputs of a 3-tap filter from 6 inputs with 6 products
// instead of 12. Vectors are groups of 8 lanes, which are independent problems. Each function transforms `count` series
// of groups: the groups of a series are `fromStep` and `toStep` bytes apart, and a series begins `fromNext` and
// `toNext` bytes after the one before.
//
// The halves of a group are loaded and stored in pairs, which V8 can join into vectors of 256 bits, and the order of
// loads and stores leaves room for all values in the registers where it does not. Constants are loaded before the loop,
// so that they stay in registers: newer versions of V8 compute a splat of a constant again at each use.
//
// The polynomials are evaluated at 0, +-a, +-b and infinity with a = 3/4 and b = 3/2. The usual a = 1 and b = 2 have
// rounding errors two to four times as large, because their powers differ more in magnitude. All powers are exact in
// float32.
import { madd, nmadd } from '../simd';

const A: f32 = 0.75;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/** Products of the differences between a point and the other points, for the points 0, +-a and +-b. */
const N0: f32 = A2 * B2;
const NA: f32 = 2 * A2 * (A2 - B2);
const NB: f32 = 2 * B2 * (B2 - A2);

const table = memory.data<f32>([
  A, B, A2, B2, A * A2, B * B2, N0, A2 + B2, 1 / N0, 1 / NA, A / NA, 1 / NB, B / NB,
]);

/** A constant of the table in all lanes. */
@inline
function constant(index: usize): v128 {
  return v128.load32_splat(table + 4 * index);
}

/** Stores a group, the second half first: in this order V8 joins the stores. */
@inline
function storeGroup(to: usize, low: v128, high: v128): void {
  v128.store(to, high, 16);
  v128.store(to, low);
}

/** B' d: 6 inputs to 6. The groups of the first series are at f0 to f5. */
export function inputTransforms(
  f0: usize, f1: usize, f2: usize, f3: usize, f4: usize, f5: usize, fromNext: usize,
  to: usize, toStep: usize, count: i32,
): void {
  const a = constant(0), b = constant(1), a2 = constant(2), b2 = constant(3), n0 = constant(6), sum = constant(7);
  for (const end = to + <usize>count * 32; to < end; to += 32) {
    const d0 = v128.load(f0), e0 = v128.load(f0, 16);
    const d2 = v128.load(f2), e2 = v128.load(f2, 16), d4 = v128.load(f4), e4 = v128.load(f4, 16);
    storeGroup(to, madd(n0, d0, nmadd(sum, d2, d4)), madd(n0, e0, nmadd(sum, e2, e4)));
    const d1 = v128.load(f1), e1 = v128.load(f1, 16), d3 = v128.load(f3), e3 = v128.load(f3, 16);
    const even = nmadd(b2, d2, d4), evenE = nmadd(b2, e2, e4), odd = nmadd(b2, d1, d3), oddE = nmadd(b2, e1, e3);
    storeGroup(to + toStep, madd(a, odd, even), madd(a, oddE, evenE));
    storeGroup(to + 2 * toStep, nmadd(a, odd, even), nmadd(a, oddE, evenE));
    const even2 = nmadd(a2, d2, d4), evenE2 = nmadd(a2, e2, e4), odd2 = nmadd(a2, d1, d3), oddE2 = nmadd(a2, e1, e3);
    storeGroup(to + 3 * toStep, madd(b, odd2, even2), madd(b, oddE2, evenE2));
    storeGroup(to + 4 * toStep, nmadd(b, odd2, even2), nmadd(b, oddE2, evenE2));
    const d5 = v128.load(f5), e5 = v128.load(f5, 16);
    storeGroup(to + 5 * toStep, madd(n0, d1, nmadd(sum, d3, d5)), madd(n0, e1, nmadd(sum, e3, e5)));
    f0 += fromNext, f1 += fromNext, f2 += fromNext, f3 += fromNext, f4 += fromNext, f5 += fromNext;
  }
}

/** A' m: 6 products to 4 outputs. */
export function outputTransforms(
  from: usize, fromStep: usize, fromNext: usize, to: usize, toStep: usize, toNext: usize, count: i32,
): void {
  const a = constant(0), b = constant(1), a2 = constant(2), b2 = constant(3), a3 = constant(4), b3 = constant(5);
  for (; count > 0; count--, from += fromNext, to += toNext) {
    const f1 = from + fromStep, f2 = from + 2 * fromStep, f3 = from + 3 * fromStep;
    const f4 = from + 4 * fromStep, f5 = from + 5 * fromStep;
    const m1 = v128.load(f1), n1 = v128.load(f1, 16), m2 = v128.load(f2), n2 = v128.load(f2, 16);
    const sum12 = f32x4.add(m1, m2), sumN12 = f32x4.add(n1, n2);
    const diff12 = f32x4.sub(m1, m2), diffN12 = f32x4.sub(n1, n2);
    const m3 = v128.load(f3), n3 = v128.load(f3, 16), m4 = v128.load(f4), n4 = v128.load(f4, 16);
    const sum34 = f32x4.add(m3, m4), sumN34 = f32x4.add(n3, n4);
    const diff34 = f32x4.sub(m3, m4), diffN34 = f32x4.sub(n3, n4);
    const m0 = v128.load(from), n0 = v128.load(from, 16);
    storeGroup(to, f32x4.add(f32x4.add(m0, sum12), sum34), f32x4.add(f32x4.add(n0, sumN12), sumN34));
    storeGroup(to + toStep, madd(b, diff34, f32x4.mul(a, diff12)), madd(b, diffN34, f32x4.mul(a, diffN12)));
    storeGroup(to + 2 * toStep, madd(b2, sum34, f32x4.mul(a2, sum12)), madd(b2, sumN34, f32x4.mul(a2, sumN12)));
    const m5 = v128.load(f5), n5 = v128.load(f5, 16);
    storeGroup(to + 3 * toStep, madd(b3, diff34, madd(a3, diff12, m5)), madd(b3, diffN34, madd(a3, diffN12, n5)));
  }
}

/** A y: the adjoint of `outputTransforms`, from 4 gradients to 6. */
export function gradientTransforms(
  from: usize, fromStep: usize, fromNext: usize, to: usize, toStep: usize, toNext: usize, count: i32,
): void {
  const a = constant(0), b = constant(1), a2 = constant(2), b2 = constant(3);
  for (; count > 0; count--, from += fromNext, to += toNext) {
    const f1 = from + fromStep, f2 = from + 2 * fromStep, f3 = from + 3 * fromStep;
    const y0 = v128.load(from), z0 = v128.load(from, 16), y1 = v128.load(f1), z1 = v128.load(f1, 16);
    const y2 = v128.load(f2), z2 = v128.load(f2, 16), y3 = v128.load(f3), z3 = v128.load(f3, 16);
    storeGroup(to, y0, z0);
    storeGroup(to + 5 * toStep, y3, z3);
    const even = madd(a2, y2, y0), evenZ = madd(a2, z2, z0), odd = madd(a2, y3, y1), oddZ = madd(a2, z3, z1);
    storeGroup(to + toStep, madd(a, odd, even), madd(a, oddZ, evenZ));
    storeGroup(to + 2 * toStep, nmadd(a, odd, even), nmadd(a, oddZ, evenZ));
    const even2 = madd(b2, y2, y0), evenZ2 = madd(b2, z2, z0), odd2 = madd(b2, y3, y1), oddZ2 = madd(b2, z3, z1);
    storeGroup(to + 3 * toStep, madd(b, odd2, even2), madd(b, oddZ2, evenZ2));
    storeGroup(to + 4 * toStep, nmadd(b, odd2, even2), nmadd(b, oddZ2, evenZ2));
  }
}

/** G g: 3 weights to 6. */
export function weightTransforms(
  from: usize, fromStep: usize, fromNext: usize, to: usize, toStep: usize, toNext: usize, count: i32,
): void {
  const a2 = constant(2), b2 = constant(3), inverse0 = constant(8);
  const inverseA = constant(9), aByA = constant(10), inverseB = constant(11), bByB = constant(12);
  for (; count > 0; count--, from += fromNext, to += toNext) {
    const f1 = from + fromStep, f2 = from + 2 * fromStep;
    const g0 = v128.load(from), h0 = v128.load(from, 16), g1 = v128.load(f1), h1 = v128.load(f1, 16);
    const g2 = v128.load(f2), h2 = v128.load(f2, 16);
    storeGroup(to, f32x4.mul(inverse0, g0), f32x4.mul(inverse0, h0));
    storeGroup(to + 5 * toStep, g2, h2);
    const outer = f32x4.mul(inverseA, madd(a2, g2, g0)), outerH = f32x4.mul(inverseA, madd(a2, h2, h0));
    const inner = f32x4.mul(aByA, g1), innerH = f32x4.mul(aByA, h1);
    storeGroup(to + toStep, f32x4.add(outer, inner), f32x4.add(outerH, innerH));
    storeGroup(to + 2 * toStep, f32x4.sub(outer, inner), f32x4.sub(outerH, innerH));
    const outer2 = f32x4.mul(inverseB, madd(b2, g2, g0)), outerH2 = f32x4.mul(inverseB, madd(b2, h2, h0));
    const inner2 = f32x4.mul(bByB, g1), innerH2 = f32x4.mul(bByB, h1);
    storeGroup(to + 3 * toStep, f32x4.add(outer2, inner2), f32x4.add(outerH2, innerH2));
    storeGroup(to + 4 * toStep, f32x4.sub(outer2, inner2), f32x4.sub(outerH2, innerH2));
  }
}

/** G' m: the adjoint of `weightTransforms`, from 6 products to the gradients of 3 weights. */
export function weightGradientTransforms(
  from: usize, fromStep: usize, fromNext: usize, to: usize, toStep: usize, toNext: usize, count: i32,
): void {
  const a2 = constant(2), b2 = constant(3), inverse0 = constant(8);
  const inverseA = constant(9), aByA = constant(10), inverseB = constant(11), bByB = constant(12);
  for (; count > 0; count--, from += fromNext, to += toNext) {
    const f1 = from + fromStep, f2 = from + 2 * fromStep, f3 = from + 3 * fromStep;
    const f4 = from + 4 * fromStep, f5 = from + 5 * fromStep;
    const m1 = v128.load(f1), n1 = v128.load(f1, 16), m2 = v128.load(f2), n2 = v128.load(f2, 16);
    const sum12 = f32x4.mul(inverseA, f32x4.add(m1, m2)), sumN12 = f32x4.mul(inverseA, f32x4.add(n1, n2));
    const diff12 = f32x4.mul(aByA, f32x4.sub(m1, m2)), diffN12 = f32x4.mul(aByA, f32x4.sub(n1, n2));
    const m3 = v128.load(f3), n3 = v128.load(f3, 16), m4 = v128.load(f4), n4 = v128.load(f4, 16);
    const sum34 = f32x4.mul(inverseB, f32x4.add(m3, m4)), sumN34 = f32x4.mul(inverseB, f32x4.add(n3, n4));
    storeGroup(to + toStep, madd(bByB, f32x4.sub(m3, m4), diff12), madd(bByB, f32x4.sub(n3, n4), diffN12));
    const m0 = v128.load(from), n0 = v128.load(from, 16);
    storeGroup(to, madd(inverse0, m0, f32x4.add(sum12, sum34)), madd(inverse0, n0, f32x4.add(sumN12, sumN34)));
    const m5 = v128.load(f5), n5 = v128.load(f5, 16);
    storeGroup(to + 2 * toStep, madd(b2, sum34, madd(a2, sum12, m5)), madd(b2, sumN34, madd(a2, sumN12, n5)));
  }
}
