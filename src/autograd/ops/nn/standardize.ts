import { formula } from '../../../formula/formula.js';
import { map, reduce } from '../../../tensor/run.js';
import { reducedShape, stridesOf } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Gradient, SingleBackward } from '../../graph.js';
import { add, mul, pow, sub } from '../math/arithmetic.js';
import { meanOver } from '../math/reduction.js';
import { takeView } from '../shape/strided.js';

/** Statistics over some axes of a tensor, which are kept with size 1. Not recorded. */
export interface Moments {
  readonly mean: Tensor;
  /** Mean square of the deviations from the mean: the biased variance. */
  readonly variance: Tensor;
  /** 1 / sqrt(variance + eps). */
  readonly inv: Tensor;
  /** Number of elements over which each statistic is taken. */
  readonly count: number;
}

const shiftedSums = formula(
  `const d = x - shift
   s1 = sum(d)
   s2 = sum(d * d)`,
  { tensors: ['x', 'shift', 's1', 's2'] },
);
const meanOf = formula('mean = shift + s1 / n', { tensors: ['shift', 's1', 'mean'], scalars: ['n'] });
const varianceOf = formula(
  `const d = s1 / n
   const v = s2 / n - d * d
   variance = v < 0 ? 0 : v`,
  { tensors: ['s1', 's2', 'variance'], scalars: ['n'] },
);
const inverseOf = formula('inv = 1 / sqrt(variance + eps)', { tensors: ['variance', 'inv'], scalars: ['eps'] });
const standard = formula('y = (x - mean) * inv * w + b', { tensors: ['x', 'mean', 'inv', 'w', 'b', 'y'] });
const slopes = formula('v = p * inv * inv', { tensors: ['p', 'inv', 'v'] });
const gradient = formula('dx = inv * (w * dy - s / n - (x - mean) * v / n)', {
  tensors: ['w', 'dy', 's', 'x', 'mean', 'v', 'inv', 'dx'],
  scalars: ['n'],
});

/**
 * Computes the mean and variance over `axes`, which must not be empty, in one pass. It sums deviations from the first
 * element instead of the elements themselves, so that no precision is lost if the mean is far larger than the deviation
 * (shifted data; Chan, Golub, LeVeque, "Algorithms for computing the sample variance", 1983).
 */
export function moments(op: string, x: Tensor, axes: readonly number[], eps: number): Moments {
  const kept = reducedShape(x.shape, axes, true);
  const count = axes.reduce((n, axis) => n * x.shape[axis], 1);
  const shift = takeView(op, x, { shape: kept, offset: 0, strides: stridesOf(x.shape) });
  const [s1, s2] = reduce(op, shiftedSums, { x, shift }, { axes, keepDim: true });
  const mean = map(op, meanOf, { shift, s1 }, { n: count });
  const variance = map(op, varianceOf, { s1, s2 }, { n: count });
  for (const t of [shift, s1, s2]) t.dispose();
  return { mean, variance, inv: map(op, inverseOf, { variance }, { eps }), count };
}

/** y = (x - mean) * inv * w + b, not recorded. */
export function standardized(op: string, x: Tensor, { mean, inv }: Moments, w: Tensor, b: Tensor): Tensor {
  return map(op, standard, { x, mean, inv, w, b });
}

/** Sums over the axes of the moments: s = sum(w * dy) and p = sum(w * dy * (x - mean)). */
export interface GradientSums {
  readonly s: Tensor;
  readonly p: Tensor;
}

/**
 * The gradient of `standardized` with respect to x, where the moments are those of x:
 *
 *     dx = inv * (w * dy - s / n - xhat * sum(w * dy * xhat) / n),  xhat = (x - mean) * inv
 */
export function inputGradient(
  op: string,
  { x, w, dy }: { readonly x: Tensor; readonly w: Tensor; readonly dy: Tensor },
  { mean, inv, count: n }: Moments,
  { s, p }: GradientSums,
): Tensor {
  const v = map(op, slopes, { p, inv });
  return map(op, gradient, { w, dy, s, x, mean, v, inv }, { n });
}

/** The gradients of `standardized` with respect to x, w and b, in recorded operations. */
export function recordedGradients(x: Tensor, w: Tensor, axes: readonly number[], eps: number): SingleBackward {
  const average = (t: Tensor) => meanOver(t, axes, true);
  return (dy) => {
    const deviation = sub(x, average(x));
    const inv = pow(add(average(mul(deviation, deviation)), eps), -0.5);
    const xhat = mul(deviation, inv);
    const dx: Gradient = () => {
      const g = mul(dy, w);
      return mul(inv, sub(sub(g, average(g)), mul(xhat, average(mul(g, xhat)))));
    };
    return [dx, () => mul(dy, xhat), () => dy];
  };
}
