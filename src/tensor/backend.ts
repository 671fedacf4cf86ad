import type { Dtype, TypedArray } from '../dtype.js';
import type { Formula } from '../formula/formula.js';

/** A tensor as a primitive takes it, contiguous and row-major unless it has strides. `H` is the backend's handle. */
export interface Operand<H = unknown> {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Number of elements. */
  readonly size: number;
  /** The backend's own name of the memory: a byte offset on cpu, a typed array on reference. */
  readonly handle: H;
  /** Strides in elements, given if rows have gaps between them; only `map` takes operands with strides. */
  readonly strides?: readonly number[];
}

/** Named operands of a formula. */
export type Operands<H = unknown> = Readonly<Record<string, Operand<H>>>;

/** Named numbers of a formula. */
export type Scalars = Readonly<Record<string, number>>;

/**
 * A walk over two strided views of equal shape; offsets and strides count elements. Strides may be negative, and those of
 * the source 0 as well. Axes of the target do not interleave: each stride reaches over all shorter ones.
 */
export interface StridedCopy {
  readonly shape: readonly number[];
  readonly fromOffset: number;
  readonly fromStrides: readonly number[];
  readonly toOffset: number;
  readonly toStrides: readonly number[];
}

/** Flags of a matrix product; the last two axes of an operand are transposed when its flag is set. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Geometry of a two-dimensional convolution: x (B, C, H, W), w (O, C/groups, kH, kW), y (B, O, oH, oW). */
export interface Conv2dGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padY: number;
  readonly padX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly groups: number;
}

/** Geometry of two-dimensional pooling over planes (B * C of them). */
export interface Pool2dGeometry {
  readonly planes: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padY: number;
  readonly padX: number;
}

/** What `random` fills a tensor with: uniform in [low, high), or normal with mean and standard deviation. */
export type Distribution =
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly std: number }
  | { readonly kind: 'integer'; readonly low: number; readonly high: number };

/** A place in the counter-based random stream: Philox key (seed) and first counter block. */
export interface RandomStream {
  readonly seed: number;
  readonly counter: number;
}

/** What computes on a device, and why, for people to read. */
export interface DeviceInfo {
  readonly name: string;
  readonly description: string;
  readonly threads: number;
  readonly features: readonly string[];
  /** Limits of the device, if it reports any. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Why a preferred device does not run, such as WebGPU if `gpu` runs on WebGL 2. */
  readonly fallback?: string;
}

/** What the kernels of a device have done so far, and what they hold. */
export interface DeviceCounters {
  /** Buffers or textures of tensors on the device. */
  readonly buffers: number;
  /** Bytes of those, and of buffers that wait for their next use. */
  readonly bytes: number;
  /** Different kernels compiled. */
  readonly kernels: number;
  /** Kernels run. */
  readonly launches: number;
  /** Bytes of all tensors, or parts of them, that kernels read and wrote, each once per kernel. */
  readonly bytesMoved: number;
}

/**
 * The primitives that a device implements; everything else is composed of them. Outputs are allocated by the
 * caller and fully written unless the primitive says that it adds. Shapes have been checked by the caller. Calls
 * may queue work; only `read` waits for it. Property tests hold every backend against `reference`.
 *
 * Operands are float32 where no dtype is named: `matmul`, convolution and pooling take nothing else; `write`, `map`,
 * `reduce` and `random` take any mixture; the others any dtype, the same for all operands that are not indices.
 * Outputs share no memory with inputs, except in `map`.
 *
 * What storing a number into another dtype keeps, and which formulas and reducers compute in int32, exactly and wrapping
 * on overflow, are the rules of formula/semantics.ts: `storedIn` and `arithmeticOf`.
 *
 * NaN: `min` and `max` propagate it, as functions and as reducers; relations with it are false except `!=`.
 *
 * The gpu backend has no int32: it computes in float32 and refuses integers beyond 2^24 where they go in or come out.
 */
export interface Backend<H = unknown> {
  readonly name: string;
  info(): DeviceInfo;
  /** True once the device was lost; asking for it again makes a fresh backend. Absent if it cannot be lost. */
  readonly lost?: boolean;
  /** Waits until all work is done; absent if it is when calls return. */
  synchronize?(): Promise<void>;
  /** What kernels have done so far; absent if calls are not queued. */
  counters?(): Promise<DeviceCounters>;

  /** Memory for `size` elements, uninitialised. Throws OutOfMemoryError. */
  allocate(dtype: Dtype, size: number): H;
  release(handle: H): void;
  /**
   * The memory of `x` from element `offset` on, for operands that read or write a part of it. It lives as long as the
   * memory of `x` and is not released.
   */
  part(x: Operand<H>, offset: number): H;
  /** Copies host values into `out`, converted as by a store, starting at element `offset` (default 0). */
  write(out: Operand<H>, values: ArrayLike<number>, offset?: number): void;
  /** A copy of the values on the host. */
  read(x: Operand<H>): Promise<TypedArray>;
  /** The same at once; absent if the device cannot. */
  readSync?(x: Operand<H>): TypedArray;

  /**
   * Element-wise formula; inputs broadcast to the shape of the outputs, which all have one shape. An output that is
   * also an input (by name, or by sharing its memory with an input of equal shape, strides and dtype) is updated in
   * place.
   */
  map(formula: Formula, operands: Operands<H>, scalars: Scalars): void;
  /**
   * Reducing formula; inputs broadcast against each other, outputs have as many axes, of size 1 where reduced. An
   * empty sum is 0, prod 1, max -Infinity and min Infinity (the ends of int32 where it computes in int32).
   */
  reduce(formula: Formula, operands: Operands<H>, scalars: Scalars): void;
  /**
   * Index of the first largest (smallest) element along `axis`, which is not empty; NaN counts as largest (smallest).
   * `out` is int32, with size 1 on `axis` or without it.
   */
  argReduce(kind: 'max' | 'min', x: Operand<H>, out: Operand<H>, axis: number): void;
  /** Running sum along `axis`, from the end if `reverse`; of integers in int32, wrapping. */
  cumsum(x: Operand<H>, out: Operand<H>, axis: number, reverse: boolean): void;
  /** Strided copy between operands of one dtype. Elements of `out` outside the walk keep their value; none is written twice. */
  copy(x: Operand<H>, out: Operand<H>, walk: StridedCopy): void;

  /** out (..., M, N) = a (..., M, K) b (..., K, N); leading axes broadcast to those of `out`; zeros where K is 0. */
  matmul(a: Operand<H>, b: Operand<H>, out: Operand<H>, options?: MatmulOptions): void;
  /** out (B, O, oH, oW) = x (B, C, H, W) * w (O, C/groups, kH, kW) + bias (O). */
  conv2d(x: Operand<H>, w: Operand<H>, bias: Operand<H> | null, out: Operand<H>, g: Conv2dGeometry): void;
  /** Gradient of conv2d with respect to x. */
  conv2dInputGrad(dy: Operand<H>, w: Operand<H>, dx: Operand<H>, g: Conv2dGeometry): void;
  /** Gradient of conv2d with respect to w. */
  conv2dWeightGrad(x: Operand<H>, dy: Operand<H>, dw: Operand<H>, g: Conv2dGeometry): void;
  /** out and indices (B, C, oH, oW); indices (int32) are h * W + w of the first largest element, NaN counting as largest; padding never wins. */
  maxPool2d(x: Operand<H>, out: Operand<H>, indices: Operand<H>, g: Pool2dGeometry): void;
  /** dx (B, C, H, W) from dy and the indices of maxPool2d; windows that share a winner add up. */
  maxPool2dGrad(dy: Operand<H>, indices: Operand<H>, dx: Operand<H>, g: Pool2dGeometry): void;
  /** Mean of each window, padding counted as zeros (PyTorch's count_include_pad). */
  avgPool2d(x: Operand<H>, out: Operand<H>, g: Pool2dGeometry): void;
  avgPool2dGrad(dy: Operand<H>, dx: Operand<H>, g: Pool2dGeometry): void;

  /**
   * out[..., i, ...] = x[..., index[..., i, ...], ...] along `axis` (torch.gather); index (int32) has the shape of out,
   * which on other axes may be shorter than x. This and the next three throw ValueError for an index outside of
   * [0, length of the axis); where calls are queued, the next `read` or `synchronize` rejects with it instead.
   */
  gather(x: Operand<H>, index: Operand<H>, out: Operand<H>, axis: number): void;
  /** out[..., index[..., i, ...], ...] += src[..., i, ...] along `axis`; repeated indices add up in order; index has the shape of src. */
  scatterAdd(out: Operand<H>, index: Operand<H>, src: Operand<H>, axis: number): void;
  /** Rows of x along `axis` named by a one-dimensional int32 index. */
  indexSelect(x: Operand<H>, index: Operand<H>, out: Operand<H>, axis: number): void;
  /** Adds rows of src to the rows of out along `axis` named by index; repeated indices add up in order. */
  indexAdd(out: Operand<H>, index: Operand<H>, src: Operand<H>, axis: number): void;
  /**
   * Checks an int32 index when its turn in the queue comes: unless every element lies in [0, length) or is `ignored`, the
   * next `read` or `synchronize` rejects with ValueError: `expectation`, and what came. Absent if indices can be read at once.
   */
  expectWithin?(index: Operand<H>, length: number, expectation: string, ignored?: number): void;
  /**
   * Values of Philox 4x32-10 from `stream`; element i uses word i % 4 of block counter + floor(i / 4) (normal: see
   * random.ts). Uniform: low + (high - low) * unit(word). Integer: low + floor(word / 2^32 * (high - low)), in double
   * precision.
   */
  random(out: Operand<H>, distribution: Distribution, stream: RandomStream): void;
}
