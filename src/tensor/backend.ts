import type { Dtype, TypedArray } from '../dtype.js';
import type { Formula } from '../formula/formula.js';

/**
 * A tensor in the form that primitives take, contiguous and row-major unless it has strides. `H` is the type of the
 * backend's handles.
 */
export interface Operand<H = unknown> {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Number of elements. */
  readonly size: number;
  /** The backend's handle of the memory: a byte offset on cpu, a typed array on reference. */
  readonly handle: H;
  /** Strides in elements, given if there are gaps between rows; only `map` takes operands with strides. */
  readonly strides?: readonly number[];
}

/** Named operands of a formula. */
export type Operands<H = unknown> = Readonly<Record<string, Operand<H>>>;

/** Named numbers of a formula. */
export type Scalars = Readonly<Record<string, number>>;

/**
 * A walk over two strided views of equal shape; offsets and strides count elements. Strides may be negative, and those
 * of the source may also be 0. Axes of the target do not interleave: each stride spans all axes with shorter strides.
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

/**
 * The distribution that `random` draws from: uniform in [low, high), normal with mean and standard deviation, or
 * integers in [low, high).
 */
export type Distribution =
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly std: number }
  | { readonly kind: 'integer'; readonly low: number; readonly high: number };

/** A position in the counter-based random stream: Philox key (seed) and first counter block. */
export interface RandomStream {
  readonly seed: number;
  readonly counter: number;
}

/** A human-readable description of what computes on a device, and why. */
export interface DeviceInfo {
  readonly name: string;
  readonly description: string;
  /** How numbers are computed. The same computation on devices of equal arithmetic gives the same bits. */
  readonly arithmetic: string;
  readonly threads: number;
  readonly features: readonly string[];
  /** Limits of the device, if it reports any. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Why what is preferred is not used, such as WebGPU if `gpu` runs on WebGL 2, or kernels of 256 bits on `cpu`. */
  readonly fallback?: string;
}

/** What the kernels of a device have done so far, and the memory in use. */
export interface DeviceCounters {
  /** Buffers or textures of tensors on the device. */
  readonly buffers: number;
  /** Bytes of those, and of free buffers kept for reuse. */
  readonly bytes: number;
  /** Number of distinct kernels compiled. */
  readonly kernels: number;
  /** Number of kernel launches. */
  readonly launches: number;
  /** Bytes of all tensors, or parts of them, that kernels read and wrote, each once per kernel. */
  readonly bytesMoved: number;
}

/**
 * The primitives that a device implements; everything else is composed of them. The caller allocates the outputs and
 * checks the shapes. Primitives write their outputs completely unless their description says that they add. Calls may
 * queue work; `read` and `synchronize` wait for it. Property tests compare every backend with `reference`.
 *
 * Dtypes: `matmul`, convolution and pooling take float32 only, except for indices; `write`, `map`, `reduce` and
 * `random` take any mixture; other primitives take any dtype, which is the same for all operands except indices, unless
 * their description names one. Outputs share no memory with inputs, except in `map`.
 *
 * formula/semantics.ts defines how a number is converted when it is stored as another dtype (`storedIn`), and which
 * formulas and reducers compute in int32, exactly and wrapping on overflow (`arithmeticOf`).
 *
 * NaN: `min` and `max` propagate it, as functions and as reducers; relations with it are false except `!=`.
 *
 * The gpu backend has no int32: it computes in float32 and rejects integers beyond 2^24 in what it reads and writes.
 */
export interface Backend<H = unknown> {
  readonly name: string;
  info(): DeviceInfo;
  /**
   * True once the device has been lost; requesting the device again makes a new backend. Absent if the device cannot be
   * lost.
   */
  readonly lost?: boolean;
  /** The most tensors that a formula may read; absent if it may read any number. */
  readonly maxInputs?: number;
  /** Waits until all queued work is done; absent if calls do not queue work. */
  synchronize?(): Promise<void>;
  /** Returns what the kernels have done so far; absent if calls do not queue work. */
  counters?(): Promise<DeviceCounters>;

  /**
   * Allocates uninitialised memory for `size` elements.
   * @throws OutOfMemoryError if there is not enough memory.
   */
  allocate(dtype: Dtype, size: number): H;
  release(handle: H): void;
  /**
   * Returns a handle of the memory of `x` from element `offset` on, for operands that read or write a part of it. It is
   * valid as long as the memory of `x` and must not be released.
   */
  part(x: Operand<H>, offset: number): H;
  /** Copies host values into `out`, starting at element `offset` (default 0), and converts them as any store does. */
  write(out: Operand<H>, values: ArrayLike<number>, offset?: number): void;
  /** Returns a copy of the values on the host. */
  read(x: Operand<H>): Promise<TypedArray>;
  /** The synchronous form of `read`; absent if the device has none. */
  readSync?(x: Operand<H>): TypedArray;

  /**
   * Evaluates an element-wise formula; inputs broadcast to the common shape of the outputs. An output that is also an
   * input (by name, or by sharing its memory with an input of equal shape, strides and dtype) is updated in place.
   */
  map(formula: Formula, operands: Operands<H>, scalars: Scalars): void;
  /**
   * Does the part of `map` that may fail, such as compiling, and returns a function that does the rest. Absent if the
   * whole of `map` cannot fail, or fails only later, as on devices that queue work.
   */
  prepareMap?(formula: Formula, operands: Operands<H>, scalars: Scalars): () => void;
  /**
   * Evaluates a reducing formula; inputs broadcast against each other, and outputs have the same number of axes, with
   * size 1 on reduced axes. Over no elements, sum is 0, prod 1, max -Infinity and min Infinity (in int32, max is the
   * smallest int32 and min the largest).
   */
  reduce(formula: Formula, operands: Operands<H>, scalars: Scalars): void;
  /**
   * Index of the first largest (smallest) element along `axis`, which is not empty; NaN counts as largest (smallest).
   * `out` is int32, with size 1 on `axis` or without it.
   */
  argReduce(kind: 'max' | 'min', x: Operand<H>, out: Operand<H>, axis: number): void;
  /** Running sum along `axis`, from the end if `reverse`. Sums of integers are int32 and wrap on overflow. */
  cumsum(x: Operand<H>, out: Operand<H>, axis: number, reverse: boolean): void;
  /**
   * Strided copy between operands of one dtype. Elements of `out` outside the walk keep their values; no element is
   * written twice.
   */
  copy(x: Operand<H>, out: Operand<H>, walk: StridedCopy): void;

  /** out (..., M, N) = a (..., M, K) b (..., K, N); leading axes broadcast to those of `out`; zeros where K is 0. */
  matmul(a: Operand<H>, b: Operand<H>, out: Operand<H>, options?: MatmulOptions): void;
  /** out (B, O, oH, oW) = x (B, C, H, W) * w (O, C/groups, kH, kW) + bias (O). */
  conv2d(x: Operand<H>, w: Operand<H>, bias: Operand<H> | null, out: Operand<H>, g: Conv2dGeometry): void;
  /** Gradient of conv2d with respect to x. */
  conv2dInputGrad(dy: Operand<H>, w: Operand<H>, dx: Operand<H>, g: Conv2dGeometry): void;
  /** Gradient of conv2d with respect to w. */
  conv2dWeightGrad(x: Operand<H>, dy: Operand<H>, dw: Operand<H>, g: Conv2dGeometry): void;
  /**
   * Writes out and indices (B, C, oH, oW); an index (int32) is h * W + w of the first largest element of the window.
   * NaN counts as largest; padding is never chosen.
   */
  maxPool2d(x: Operand<H>, out: Operand<H>, indices: Operand<H>, g: Pool2dGeometry): void;
  /**
   * Writes dx (B, C, H, W) from dy and the indices of maxPool2d; gradients of windows that share their largest element
   * add up.
   */
  maxPool2dGrad(dy: Operand<H>, indices: Operand<H>, dx: Operand<H>, g: Pool2dGeometry): void;
  /** Mean of each window, padding counted as zeros (PyTorch's count_include_pad). */
  avgPool2d(x: Operand<H>, out: Operand<H>, g: Pool2dGeometry): void;
  avgPool2dGrad(dy: Operand<H>, dx: Operand<H>, g: Pool2dGeometry): void;

  /**
   * out[..., i, ...] = x[..., index[..., i, ...], ...] along `axis` (torch.gather); index (int32) has the shape of out,
   * which on other axes may be shorter than x. This primitive and the next three throw ValueError for an index outside
   * [0, length of the axis); if calls are queued, the next `read` or `synchronize` rejects with it instead.
   */
  gather(x: Operand<H>, index: Operand<H>, out: Operand<H>, axis: number): void;
  /**
   * out[..., index[..., i, ...], ...] += src[..., i, ...] along `axis`; repeated indices add up in order, and index has
   * the shape of src.
   */
  scatterAdd(out: Operand<H>, index: Operand<H>, src: Operand<H>, axis: number): void;
  /** Copies the rows of x along `axis` that a one-dimensional int32 index selects. */
  indexSelect(x: Operand<H>, index: Operand<H>, out: Operand<H>, axis: number): void;
  /** Adds the rows of src to those rows of out along `axis` that index selects; repeated indices add up in order. */
  indexAdd(out: Operand<H>, index: Operand<H>, src: Operand<H>, axis: number): void;
  /**
   * Queues a check of an int32 index: unless every element is in [0, length) or equals `ignored`, the next `read` or
   * `synchronize` rejects with ValueError, whose message is `expectation` and the offending value. Absent if indices
   * can be read synchronously.
   */
  expectWithin?(index: Operand<H>, length: number, expectation: string, ignored?: number): void;
  /**
   * Fills `out` with values of Philox 4x32-10 from `stream`; element i uses word i % 4 of block counter + floor(i / 4)
   * (normal: see random.ts). Uniform: low + (high - low) * unit(word). Integer: low + floor(word / 2^32 * (high -
   * low)), in double precision.
   */
  random(out: Operand<H>, distribution: Distribution, stream: RandomStream): void;
}
