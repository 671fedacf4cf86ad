import type { Dtype, TypedArray } from '../dtype.js';
import { DeviceError, ReleasedError, ShapeError, shapeText } from '../errors.js';
import type { Operand } from './backend.js';
import { adopt, type Scope } from './scope.js';
import { numel } from './shape.js';
import { Lease, type Storage } from './storage.js';

/** Numbers nested as deep as a tensor has axes. */
export type Nested = number | readonly Nested[];

/** Room that the autograd layer hangs its bookkeeping on; this layer never looks inside. */
export interface GradientSlot {
  readonly slot: 'gradient';
}

/**
 * An n-dimensional array on one device: contiguous, row-major, of fixed shape and dtype. Its memory is freed by the
 * scope that it was made in, by `dispose()`, or outside of any scope by the garbage collector.
 */
export class Tensor implements Operand {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Number of elements. */
  readonly size: number;
  /** The operation that made this tensor, for messages. */
  readonly madeBy: string;
  /** The scope that frees this tensor; null when nobody but the garbage collector or dispose() does. */
  owner: Scope | null = null;
  /** Bookkeeping of the autograd layer. */
  gradientSlot: GradientSlot | null = null;
  /** The hold on the memory, which outlives this object in the garbage collector's hands. */
  readonly lease: Lease;

  /** For operations: wraps storage; users call `tensor`, `zeros` and the like. */
  constructor(storage: Storage, shape: readonly number[], madeBy: string) {
    this.shape = shape;
    this.dtype = storage.dtype;
    this.size = numel(shape);
    this.madeBy = madeBy;
    this.lease = new Lease(storage);
    adopt(this);
  }

  /** Number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Name of the device that holds the values. */
  get device(): string {
    return this.lease.storage.backend.name;
  }

  /** True once the memory was freed. */
  get released(): boolean {
    return this.lease.released;
  }

  /** The memory behind the tensor. Throws ReleasedError after it was freed. */
  get storage(): Storage {
    if (this.lease.released) {
      throw new ReleasedError(
        `${this.madeBy}: this tensor ${shapeText(this.shape)} was freed; keep(t) lets a tensor outlive its scope`,
      );
    }
    return this.lease.storage;
  }

  /** The backend's name of the memory. Throws ReleasedError. */
  get handle(): unknown {
    return this.storage.handle;
  }

  /** Points this tensor at other memory of the same size and dtype, such as the same values elsewhere. Throws ReleasedError. */
  moveTo(storage: Storage): void {
    if (storage !== this.storage) this.lease.move(storage);
  }

  /** A copy of the values on the host, row-major. */
  async data(): Promise<TypedArray> {
    return this.storage.backend.read(this);
  }

  /** The value of a tensor with one element. Throws ShapeError otherwise. */
  async item(): Promise<number> {
    this.#expectOne();
    return (await this.data())[0];
  }

  /** A copy of the values at once. Throws DeviceError on devices that can only be read with `await t.data()`. */
  dataSync(): TypedArray {
    const { backend } = this.storage;
    if (!backend.readSync) throw new DeviceError(`dataSync: ${backend.name} can only be read with await t.data()`);
    return backend.readSync(this);
  }

  /** The value of a tensor with one element at once. Throws ShapeError or DeviceError. */
  itemSync(): number {
    this.#expectOne();
    return this.dataSync()[0];
  }

  /** The values as nested arrays. */
  async toArray(): Promise<Nested> {
    return nest(await this.data(), this.shape);
  }

  /** Frees the memory (unless a reshape still uses it). Safe to call twice. */
  dispose(): void {
    this.lease.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return `Tensor${shapeText(this.shape)} ${this.dtype} on ${this.device}${this.released ? ', freed' : ''}`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  #expectOne(): void {
    if (this.size !== 1) throw new ShapeError(`item: expected one element, got shape ${shapeText(this.shape)}`);
  }
}

function nest(values: TypedArray, shape: readonly number[]): Nested {
  let level: Nested[] = Array.from(values);
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const length = shape[axis];
    const count = shape.slice(0, axis).reduce((a, b) => a * b, 1);
    level = Array.from({ length: count }, (_, i) => level.slice(i * length, (i + 1) * length));
  }
  return shape.length === 0 ? level[0] : level;
}
