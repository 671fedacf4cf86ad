import type { Dtype } from '../dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import type { BackwardOptions } from './carry.js';
import type { Value } from './ops/apply-formula.js';
import type { SoftplusOptions } from './ops/math/activation.js';
import type { Axes, ReduceOptions } from './ops/math/reduce-options.js';
import type { VarianceOptions } from './ops/math/reduction.js';
import type { DropoutOptions } from './ops/nn/dropout.js';
import type { Range } from './ops/shape/slice.js';

/** Numbers given one by one or as one list. */
export type Numbers = readonly number[] | readonly [readonly number[]];

/** Operations that take a list of numbers, as methods that take them one by one, too. */
export interface ListMethods {
  /** The same values in another shape, sharing memory; one axis may be -1 and is computed. */
  reshape(...shape: Numbers): Tensor;
  /** x repeated up to a shape, in which -1 keeps an axis as it is. */
  expand(...wanted: Numbers): Tensor;
  /** x with its axes in another order: axis i of the result is axis `axes[i]` of x. */
  permute(...axes: Numbers): Tensor;
}

/**
 * Operations as methods of their first operand, which their descriptions call x (or a, or root): x.name(...rest) is
 * name(x, ...rest).
 */
export interface TensorMethods {
  /** y = a + b, broadcasting; int32 if no operand is float32. */
  add(b: Value): Tensor;
  /** y = a - b, broadcasting; int32 if no operand is float32. */
  sub(b: Value): Tensor;
  /** y = a * b, broadcasting; int32 if no operand is float32. */
  mul(b: Value): Tensor;
  /** y = a / b, broadcasting; always float32. */
  div(b: Value): Tensor;
  /** y = a ** b, broadcasting; always float32. */
  pow(b: Value): Tensor;
  /** The larger of a and b, broadcasting; ties share the gradient equally. */
  maximum(b: Value): Tensor;
  /** The smaller of a and b, broadcasting; ties share the gradient equally. */
  minimum(b: Value): Tensor;
  /** y = -x. */
  neg(): Tensor;
  /** a == b as bool, broadcasting. */
  eq(b: Value): Tensor;
  /** a != b as bool, broadcasting. */
  ne(b: Value): Tensor;
  /** a < b as bool, broadcasting. */
  lt(b: Value): Tensor;
  /** a <= b as bool, broadcasting. */
  le(b: Value): Tensor;
  /** a > b as bool, broadcasting. */
  gt(b: Value): Tensor;
  /** a >= b as bool, broadcasting. */
  ge(b: Value): Tensor;
  /** y = |x|; int32 for integers. */
  abs(): Tensor;
  /** y = square root of x; NaN for negative x, and an infinite gradient at 0. */
  sqrt(): Tensor;
  /** y = e ** x. */
  exp(): Tensor;
  /** y = natural logarithm of x; -Infinity at 0, NaN for negative x. */
  log(): Tensor;
  /** y = sin x, x in radians. */
  sin(): Tensor;
  /** y = cos x, x in radians. */
  cos(): Tensor;
  /** y = tanh x. */
  tanh(): Tensor;
  /** y = 1 / (1 + exp(-x)). */
  sigmoid(): Tensor;
  /** y = max(x, 0), NaN where x is NaN; int32 for integers. */
  relu(): Tensor;
  /** y = x where x > 0, slope * x elsewhere. */
  leakyRelu(slope?: number): Tensor;
  /**
   * y = x * Phi(x) with the normal distribution function Phi, by erf and not by its tanh approximation (Hendrycks and
   * Gimpel, 2016).
   */
  gelu(): Tensor;
  /** y = x * sigmoid(x), also called swish. */
  silu(): Tensor;
  /** y = x where x > 0, alpha * (exp(x) - 1) elsewhere (Clevert, Unterthiner, Hochreiter, 2016). */
  elu(alpha?: number): Tensor;
  /** y = log(1 + exp(beta * x)) / beta, safe for x of any size. */
  softplus(options?: SoftplusOptions): Tensor;
  /** x limited to [low, high], either of which may be null for no limit; int32 for integers, NaN stays NaN. */
  clamp(low: number | null, high?: number | null): Tensor;
  /** y = sum of x over `axes`; int32 for integers, 0 for no elements. */
  sum(axes?: Axes, options?: ReduceOptions): Tensor;
  /** y = mean of x over `axes`, in float32; NaN for no elements. */
  mean(axes?: Axes, options?: ReduceOptions): Tensor;
  /** Variance of x over `axes`, from deviations from the mean; NaN for no elements. */
  variance(axes?: Axes, options?: VarianceOptions): Tensor;
  /** Largest element over `axes`; NaN if there is one. */
  max(axes?: Axes, options?: ReduceOptions): Tensor;
  /** Smallest element over `axes`; NaN if there is one. */
  min(axes?: Axes, options?: ReduceOptions): Tensor;
  /** Product of x over `axes` (default: all); int32 for integers, 1 for no elements. */
  prod(axes?: Axes, options?: ReduceOptions): Tensor;
  /**
   * Index (int32) of the first largest element along `axis`, or of the row-major order without one; NaN counts as
   * largest.
   */
  argmax(axis?: number, options?: ReduceOptions): Tensor;
  /**
   * Index (int32) of the first smallest element along `axis`, or of the row-major order without one; NaN counts as
   * smallest.
   */
  argmin(axis?: number, options?: ReduceOptions): Tensor;
  /** y[i] = x[0] + ... + x[i] along `axis`; int32 for integers. */
  cumsum(axis: number): Tensor;
  /** y = log of the sum of exp(x) over `axes` (default: all), safe for x of any size; -Infinity for no elements. */
  logsumexp(axes?: Axes, options?: ReduceOptions): Tensor;
  /** y = exp(x) / sum of exp(x) along `axis`, safe for x of any size. */
  softmax(axis?: number): Tensor;
  /** y = log(softmax(x)) along `axis`, without taking the logarithm of small numbers. */
  logSoftmax(axis?: number): Tensor;
  /**
   * Matrix product with PyTorch's rules: (..., M, K) times (..., K, N) is (..., M, N), leading axes broadcasting; a
   * one-dimensional operand is a row on the left, a column on the right, and that axis is left out of the result.
   */
  matmul(b: Tensor): Tensor;
  /**
   * y[..., i, ...] = x[..., index[..., i, ...], ...] along `axis`: one element of x for each of an integer index,
   * which has as many axes as x and is no longer on the others.
   */
  gather(axis: number, index: Tensor): Tensor;
  /**
   * x with y[..., index[..., i, ...], ...] += source[..., i, ...] along `axis`; index has the shape of source, and
   * repeated indices add up.
   */
  scatterAdd(axis: number, index: Tensor, source: Tensor): Tensor;
  /** The slices of x along `axis` that a one-dimensional integer index names, in its order. */
  indexSelect(axis: number, index: Tensor): Tensor;
  /**
   * x with the slices of `source` added along `axis` where a one-dimensional integer index says; repeated indices add
   * up.
   */
  indexAdd(axis: number, index: Tensor, source: Tensor): Tensor;
  /**
   * Sets elements of x to 0 with probability p and divides the others by 1 - p, so that the mean stays (Srivastava et
   * al., 2014).
   */
  dropout(p?: number, options?: DropoutOptions): Tensor;
  /** Axes `start` to `end` (inclusive, default all) as one. */
  flatten(start?: number, end?: number): Tensor;
  /** Without `axis`, or without every axis of size 1. */
  squeeze(axis?: number): Tensor;
  /** With a new axis of size 1 before `axis`. */
  unsqueeze(axis: number): Tensor;
  /** x with two axes exchanged, by default the last two. */
  transpose(axis0?: number, axis1?: number): Tensor;
  /** A part of x: one range per axis, trailing axes whole if not given. */
  slice(ranges: readonly Range[]): Tensor;
  /** x with the order of elements along `axes` (default: all) reversed. */
  flip(axes?: number | readonly number[]): Tensor;
  /**
   * Parts of x along `axis`: of one size (the last may be smaller), or of the given sizes, which add up to the axis.
   */
  split(size: number | readonly number[], axis?: number): Tensor[];
  /**
   * x with `value` around it. `widths` lists before and after for the last axis, then for the one before it, and so
   * on, as in PyTorch: [left, right, top, bottom] for images.
   */
  pad(widths: readonly number[], value?: number): Tensor;
  /** A copy with memory of its own. */
  clone(): Tensor;
  /** The values of x as another dtype: floats truncate toward zero into integers, bool is value != 0. */
  cast(dtype: Dtype): Tensor;
  /** x as another dtype or on another device; x itself if it is that already. */
  to(target: Dtype | (string & {})): Tensor;
  /** The same values, sharing memory, that gradients do not flow through. */
  detach(): Tensor;
  /** Asks `backward` to leave the gradient in `.grad` of a tensor that is not a leaf, too. */
  retainGrad(): Tensor;
  /**
   * Adds to `.grad` of every leaf that `root` was computed from. `dy` is the gradient of `root`, by default 1 for a
   * root with one element.
   */
  backward(dy?: Tensor, options?: BackwardOptions): void;
}
