import { formula } from '../../../formula/formula.js';
import { map, mapAll, reduce } from '../../../tensor/run.js';
import { reducedShape, stridesOf } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Gradient, SingleBackward } from '../../graph.js';
import { add, mul, pow, sub } from '../math/arithmetic.js';
import { meanOver } from '../math/reduction.js';
import { takeView } from '../shape/strided.js';
import { type Epilogue, variant, withEpilogue } from './epilogue.js';

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
const statistics = formula(
  `const d = s1 / n
   const v = s2 / n - d * d
   mean = shift + d
   variance = v < 0 ? 0 : v
   inv = 1 / sqrt(variance + eps)`,
  { tensors: ['shift', 's1', 's2', 'mean', 'variance', 'inv'], scalars: ['n', 'eps'] },
);
const value = '(x - mean) * inv * w + b';

/**
 * The line of a formula that defines g, the gradient of `standardized` before the relu: dy, or with `relu` 0 where the
 * value is not positive. To compute the value again takes less time than to load y.
 */
export const incoming = (relu: boolean): string => `const g = ${relu ? `${value} <= 0 ? 0 : ` : ''}dy`;

/**
 * Computes the mean and variance over `axes`, which must not be empty, in one pass. It sums deviations from the first
 * element instead of the elements themselves, so that no precision is lost if the mean is far larger than the deviation
 * (shifted data; Chan, Golub, LeVeque, "Algorithms for computing the sample variance", 1983).
 */
export function moments(op: string, x: Tensor, axes: readonly number[], eps: number): Moments {
  const kept = reducedShape(x.shape, axes, true);
  const n = axes.reduce((product, axis) => product * x.shape[axis], 1);
  const shift = takeView(op, x, { shape: kept, offset: 0, strides: stridesOf(x.shape) });
  const [s1, s2] = reduce(op, shiftedSums, { x, shift }, { axes, keepDim: true });
  const [mean, variance, inv] = mapAll(op, statistics, { shift, s1, s2 }, { n, eps });
  for (const t of [shift, s1, s2]) t.dispose();
  return { mean, variance, inv, count: n };
}

/** What is standardised, and its scale and shift, which broadcast to x. */
export interface Inputs {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
}

/** y = (x - mean) * inv * w + b and the epilogue, not recorded. */
export function standardized(op: string, { x, w, b }: Inputs, { mean, inv }: Moments, then: Epilogue = {}): Tensor {
  return map(op, ...withEpilogue(value, { x, mean, inv, w, b }, then));
}

/** Sums over the axes of the moments: s = sum(w * g) and v = inv * inv * sum(w * g * (x - mean)), with g of `incoming`. */
export interface GradientSums {
  readonly s: Tensor;
  readonly v: Tensor;
}

/**
 * The gradient of `standardized` with respect to x, where the moments are those of x:
 *
 *     dx = inv * (w * g - s / n - xhat * sum(w * g * xhat) / n),  xhat = (x - mean) * inv
 */
export function inputGradient(
  op: string,
  { x, w, b, dy }: Inputs & { readonly dy: Tensor },
  { mean, inv, count: n }: Moments,
  { s, v }: GradientSums,
  relu = false,
): Tensor {
  const text = `${incoming(relu)}
    dx = inv * (w * g - s / n - (x - mean) * v / n)`;
  const operands = { w, dy, s, x, mean, v, inv, ...(relu && { b }) };
  return map(op, ...variant(text, operands, ['dx'], ['n']), { n });
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
