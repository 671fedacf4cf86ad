import type { Dtype } from '../dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import type { BackwardOptions } from './carry.js';
import type { Value } from './ops/apply-formula.js';
import type { SoftplusOptions } from './ops/math/activation.js';
import type { Axes, ReduceOptions } from './ops/math/reduce-options.js';
import type { VarianceOptions } from './ops/math/reduction.js';
import type { DropoutOptions } from './ops/nn/dropout.js';
import type { Range } from './ops/shape/slice.js';

/** Numbers given as separate arguments or as one list. */
export type Numbers = readonly number[] | readonly [readonly number[]];

/** Operations that take a list of numbers, as methods that also take the numbers as separate arguments. */
export interface ListMethods {
  /**
   * Returns the same values in another shape, sharing memory; the length of one axis may be -1 and is then inferred.
   */
  reshape(...shape: Numbers): Tensor;
  /** Repeats x to fill a shape to which it broadcasts; -1 keeps the length of an axis. */
  expand(...wanted: Numbers): Tensor;
  /** Reorders the axes of x: axis i of the result is axis `axes[i]` of x. */
  permute(...axes: Numbers): Tensor;
}

/**
 * Operations as methods of their first operand, which the descriptions call x (or a, or root): x.name(...rest) is
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
  /** y = max(x, 0), which propagates NaN; int32 for integers. */
  relu(): Tensor;
  /** y = x where x > 0, slope * x elsewhere. */
  leakyRelu(slope?: number): Tensor;
  /**
   * y = x * Phi(x) with the normal distribution function Phi, computed with erf instead of the tanh approximation
   * (Hendrycks and Gimpel, 2016).
   */
  gelu(): Tensor;
  /** y = x * sigmoid(x), also called swish. */
  silu(): Tensor;
  /** y = x where x > 0, alpha * (exp(x) - 1) elsewhere (Clevert, Unterthiner, Hochreiter, 2016). */
  elu(alpha?: number): Tensor;
  /** y = log(1 + exp(beta * x)) / beta, numerically stable for x of any magnitude. */
  softplus(options?: SoftplusOptions): Tensor;
  /** Limits x to [low, high], either of which may be null for no limit; int32 for integers, NaN stays NaN. */
  clamp(low: number | null, high?: number | null): Tensor;
  /** y = sum of x over `axes` (default: all); int32 for integers, 0 for no elements. */
  sum(axes?: Axes, options?: ReduceOptions): Tensor;
  /** y = mean of x over `axes` (default: all), in float32; NaN for no elements. */
  mean(axes?: Axes, options?: ReduceOptions): Tensor;
  /** Variance of x over `axes` (default: all), computed from deviations from the mean; NaN for no elements. */
  variance(axes?: Axes, options?: VarianceOptions): Tensor;
  /** Largest element over `axes` (default: all); NaN if any element is NaN. */
  max(axes?: Axes, options?: ReduceOptions): Tensor;
  /** Smallest element over `axes` (default: all); NaN if any element is NaN. */
  min(axes?: Axes, options?: ReduceOptions): Tensor;
  /** Product of x over `axes` (default: all); int32 for integers, 1 for no elements. */
  prod(axes?: Axes, options?: ReduceOptions): Tensor;
  /**
   * Index (int32) of the first largest element along `axis`, or in row-major order over all elements without `axis`;
   * NaN counts as largest.
   */
  argmax(axis?: number, options?: ReduceOptions): Tensor;
  /**
   * Index (int32) of the first smallest element along `axis`, or in row-major order over all elements without `axis`;
   * NaN counts as smallest.
   */
  argmin(axis?: number, options?: ReduceOptions): Tensor;
  /** y[i] = x[0] + ... + x[i] along `axis`; int32 for integers. */
  cumsum(axis: number): Tensor;
  /**
   * y = log of the sum of exp(x) over `axes` (default: all), numerically stable for x of any magnitude; -Infinity for
   * no elements.
   */
  logsumexp(axes?: Axes, options?: ReduceOptions): Tensor;
  /** y = exp(x) / sum of exp(x) along `axis`, numerically stable for x of any magnitude. */
  softmax(axis?: number): Tensor;
  /** y = log(softmax(x)) along `axis`, computed without taking the logarithm of small numbers. */
  logSoftmax(axis?: number): Tensor;
  /**
   * Matrix product with PyTorch's rules: (..., M, K) times (..., K, N) is (..., M, N), where leading axes broadcast; a
   * one-dimensional operand is a row on the left and a column on the right, and that axis is removed from the result.
   */
  matmul(b: Tensor): Tensor;
  /**
   * y[..., i, ...] = x[..., index[..., i, ...], ...] along `axis`: one element of x for each element of an integer
   * index, which has as many axes as x and on the other axes is at most as long as x.
   */
  gather(axis: number, index: Tensor): Tensor;
  /**
   * Returns a copy of x with source added: y[..., index[..., i, ...], ...] += source[..., i, ...] along `axis`; index
   * has the shape of source, and repeated indices add up.
   */
  scatterAdd(axis: number, index: Tensor, source: Tensor): Tensor;
  /** Returns the slices of x along `axis` that a one-dimensional integer index selects, in the order of the index. */
  indexSelect(axis: number, index: Tensor): Tensor;
  /**
   * Returns a copy of x with the slices of `source` added along `axis` at the positions in a one-dimensional integer
   * index; repeated indices add up.
   */
  indexAdd(axis: number, index: Tensor, source: Tensor): Tensor;
  /**
   * Sets elements of x to 0 with probability p and divides the others by 1 - p, which preserves the mean (Srivastava et
   * al., 2014).
   */
  dropout(p?: number, options?: DropoutOptions): Tensor;
  /** Merges the axes from `start` to `end` (inclusive; default: all) into one. */
  flatten(start?: number, end?: number): Tensor;
  /** Removes `axis`, which must have size 1; by default removes every axis of size 1. */
  squeeze(axis?: number): Tensor;
  /** Inserts a new axis of size 1 before `axis`. */
  unsqueeze(axis: number): Tensor;
  /** Exchanges two axes of x, by default the last two. */
  transpose(axis0?: number, axis1?: number): Tensor;
  /** Returns a part of x: one range per axis; axes without a range are taken whole. */
  slice(ranges: readonly Range[]): Tensor;
  /** Reverses the order of the elements of x along `axes` (default: all). */
  flip(axes?: number | readonly number[]): Tensor;
  /**
   * Splits x along `axis` into parts of one size (the last may be smaller), or of the given sizes, which must add up to
   * the length of the axis.
   */
  split(size: number | readonly number[], axis?: number): Tensor[];
  /**
   * Pads x with `value`. `widths` lists the widths before and after the last axis, then those of the axis before it,
   * and so on, as in PyTorch: [left, right, top, bottom] for images.
   */
  pad(widths: readonly number[], value?: number): Tensor;
  /** Returns a copy of x that does not share its memory. */
  clone(): Tensor;
  /** Converts x to another dtype: floats truncate toward zero to integers, bool is value != 0. */
  cast(dtype: Dtype): Tensor;
  /** Converts x to another dtype or copies it to another device; returns x itself if nothing changes. */
  to(target: Dtype | (string & {})): Tensor;
  /** Returns the same values, sharing memory, as a tensor through which no gradients flow. */
  detach(): Tensor;
  /** Makes `backward` also store the gradient of a tensor that is not a leaf in its `.grad`. */
  retainGrad(): Tensor;
  /**
   * Adds the gradient of `root` with respect to each leaf that it was computed from to `.grad` of the leaf. `dy` is the
   * incoming gradient of `root`, by default 1 for a root with one element.
   */
  backward(dy?: Tensor, options?: BackwardOptions): void;
}
