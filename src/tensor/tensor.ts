/// <reference lib="esnext.disposable" preserve="true" />
// the declarations mention Symbol.dispose, which the `lib` of many projects lacks
import type { Dtype, TypedArray } from '../dtype.js';
import { DeviceError, ReleasedError, ShapeError, shapeText, textOf } from '../errors.js';
import { isOutdated, outdatedError } from './memory/changes.js';
import { adopt, type Scope } from './memory/lifetime.js';
import { Lease, type Storage } from './memory/storage.js';
import { isCollectionDue, relieve } from './memory/unscoped.js';
import { type Nested, nest } from './nested.js';
import { digest } from './printing/digest.js';
import { inspected, inspectSymbol, print } from './printing/print.js';
import { type Dims, numel } from './shape.js';

/** A slot in which the autograd layer keeps its bookkeeping; this layer only reads `requiresGrad`. */
export interface GradientSlot {
  readonly slot: 'gradient';
  readonly requiresGrad: boolean;
}

/**
 * An n-dimensional array on one device: contiguous, row-major, with a fixed shape and dtype. Its memory is freed by the
 * scope in which it was made, by `dispose()`, or, outside any scope, by the garbage collector.
 */
export class Tensor {
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Type of the elements. */
  readonly dtype: Dtype;
  /** Number of elements. */
  readonly size: number;
  readonly #madeBy: string;
  readonly #lease: Lease;
  #owner: Scope | null = null;
  #gradientSlot: GradientSlot | null = null;

  /** Tensors are made by functions such as `tensor` and `zeros`, and by operations. */
  protected constructor(...madeByFunctions: never);
  /** @internal */
  protected constructor(storage: Storage, shape: readonly number[], madeBy: string);
  protected constructor(storage: Storage, shape: readonly number[], madeBy: string) {
    this.shape = shape;
    this.dtype = storage.dtype;
    this.size = numel(shape);
    this.#madeBy = madeBy;
    this.#lease = new Lease(storage);
    Object.defineProperty(this, 'values', comparedValues);
    adopt(this);
  }

  /**
   * Makes a tensor over existing memory; for operations.
   * @internal
   */
  static over(storage: Storage, shape: readonly number[], madeBy: string): Tensor {
    return new Tensor(storage, shape, madeBy);
  }

  /** Number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Name of the device that holds the values. */
  get device(): string {
    return this.#lease.storage.backend.name;
  }

  /** True once the memory has been freed. */
  get released(): boolean {
    return this.#lease.released;
  }

  /**
   * The lengths of the axes as a tuple of `rank` numbers.
   * @throws ShapeError unless the tensor has `rank` axes.
   * @example const [batch, channels, height, width] = images.dims(4);
   */
  dims<N extends number>(rank: N): Dims<N> {
    if (this.shape.length !== rank) {
      throw new ShapeError(`dims: expected ${textOf(rank)} axes, got shape ${shapeText(this.shape)}`);
    }
    return this.shape as Dims<N>;
  }

  /**
   * Name of the operation that made this tensor, for messages.
   * @internal
   */
  get madeBy(): string {
    return this.#madeBy;
  }

  /**
   * The claim on the memory; the finalizer still holds it after this object has been collected.
   * @internal
   */
  get lease(): Lease {
    return this.#lease;
  }

  /**
   * The scope that frees this tensor; null if only the garbage collector or `dispose()` does.
   * @internal
   */
  get owner(): Scope | null {
    return this.#owner;
  }

  /** @internal */
  set owner(owner: Scope | null) {
    this.#owner = owner;
  }

  /**
   * Bookkeeping of the autograd layer.
   * @internal
   */
  get gradientSlot(): GradientSlot | null {
    return this.#gradientSlot;
  }

  /** @internal */
  set gradientSlot(slot: GradientSlot | null) {
    this.#gradientSlot = slot;
  }

  /**
   * The memory behind the tensor.
   * @throws ReleasedError if it has been freed.
   * @internal
   */
  get storage(): Storage {
    if (this.#lease.released) {
      throw new ReleasedError(
        `${this.#madeBy}: this tensor ${shapeText(this.shape)} was freed; keep(t) lets a tensor outlive its scope`,
      );
    }
    return this.#lease.storage;
  }

  /**
   * The backend's handle of the memory, through which kernels read and write it.
   * @throws ReleasedError if it has been freed, AntinodeError if a gradient needs the values before an in-place change.
   * @internal
   */
  get handle(): unknown {
    const { storage } = this;
    if (isOutdated(storage)) throw outdatedError(storage, this.#madeBy, this.shape);
    return storage.handle;
  }

  /**
   * Makes this tensor use other memory of the same size and dtype, such as a copy on another device.
   * @throws ReleasedError if its memory has been freed.
   * @internal
   */
  moveTo(storage: Storage): void {
    if (storage !== this.storage) this.#lease.move(storage);
  }

  /** Returns a copy of the values on the host, row-major. */
  async data(): Promise<TypedArray> {
    if (isCollectionDue()) await relieve();
    return this.storage.backend.read(this);
  }

  /** Returns the value of a tensor with one element; rejects with ShapeError for any other size. */
  async item(): Promise<number> {
    this.#expectOne();
    return (await this.data())[0];
  }

  /**
   * Returns a copy of the values synchronously.
   * @throws DeviceError on devices that can only be read with `await t.data()`.
   */
  dataSync(): TypedArray {
    const { backend } = this.storage;
    if (!backend.readSync)
      throw new DeviceError(
        `dataSync: expected a device with synchronous reads, got ${backend.name}; use await t.data()`,
      );
    return backend.readSync(this);
  }

  /**
   * Returns the value of a tensor with one element synchronously.
   * @throws ShapeError for any other size, DeviceError as `dataSync` does.
   */
  itemSync(): number {
    this.#expectOne();
    return this.dataSync()[0];
  }

  /** Returns the values as nested arrays. */
  async toArray(): Promise<Nested> {
    return nest(await this.data(), this.shape);
  }

  /** Frees the memory, unless a reshape still uses it. May be called more than once. */
  dispose(): void {
    this.#lease.release();
  }

  /** Frees the memory at the end of a block that declared the tensor with `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * The values as PyTorch prints them, with shape and dtype; for more than 1000 elements, only those near the ends of
   * the axes. On devices without synchronous reads: shape, dtype, and how to read the values.
   */
  toString(): string {
    return print(this);
  }

  /** @internal */
  [inspectSymbol](depth: number): unknown {
    return inspected(this, depth);
  }

  #expectOne(): void {
    if (this.size !== 1) throw new ShapeError(`item: expected one element, got shape ${shapeText(this.shape)}`);
  }
}

/**
 * An enumerable property of every tensor with its values, nested as by `toArray`: deep comparisons
 * (`expect(a).toEqual(b)`, `assert.deepEqual(a, b)`) compare it, and print it when tensors differ. If the values cannot
 * be read synchronously, it is a symbol that only tensors over the same memory share.
 */
const comparedValues: PropertyDescriptor = {
  enumerable: true,
  get(this: Tensor): Nested | string | symbol {
    const { storage } = this.lease;
    if (this.released || !storage.backend.readSync) return storage.identity;
    return this.size > 1000 ? `${print(this)} of ${digest(this.dataSync())}` : nest(this.dataSync(), this.shape);
  },
};
