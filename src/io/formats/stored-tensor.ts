import { OutOfMemoryError } from '../../errors.js';
import { optional, text } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import { numel, sameShape, stridesOf } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { ByteSource } from '../byte-source.js';
import { type FileDtype, fileDtypes, type RawArray, type RawTensor } from '../file-dtypes.js';
import { decodeValues, dtypeOf, readValues } from '../file-values.js';
import type { TensorSource } from '../storable.js';
import { toDevice } from '../tensor-file.js';
import { gatherStrided, spanOf, swapBytes } from './strided.js';

/** Options of reading a tensor of a file. */
export interface ReadOptions {
  /** The device of the tensor. Default: the current one. */
  readonly device?: string;
}

const readTable = { device: optional(text()) } satisfies OptionTable<ReadOptions>;

/** Where a file stores a tensor. */
export interface Layout {
  readonly name: string;
  readonly dtype: FileDtype;
  readonly shape: readonly number[];
  /** Opens the part of the file that contains the tensor. */
  open(): Promise<ByteSource>;
  /** Byte offset of the first element in that part. */
  readonly start: number;
  /** Distances of elements along each axis; default: row-major. */
  readonly strides?: readonly number[];
  readonly bigEndian?: boolean;
}

/** Elements of a piece of a tensor. */
const pieceLength = 2 ** 20;

/** A tensor of a file, described by the file's header; its data are read when they are asked for. */
export class StoredTensor implements TensorSource {
  readonly name: string;
  /** Type of the elements in the file. */
  readonly dtype: FileDtype;
  readonly shape: readonly number[];
  readonly #layout: Layout;

  /** @internal */
  constructor(layout: Layout) {
    this.name = layout.name;
    this.dtype = layout.dtype;
    this.shape = layout.shape;
    this.#layout = layout;
  }

  /** Size of the elements in bytes. */
  get byteLength(): number {
    return numel(this.shape) * fileDtypes[this.dtype].bytes;
  }

  /**
   * Reads the tensor, and nothing else. Floats become float32, and integers become int32 if they fit; uint8 and bool
   * stay what they are.
   * @throws FileError if the file is damaged or closed, or if values fit no dtype; OutOfMemoryError.
   */
  async read(options: ReadOptions = {}): Promise<Tensor> {
    const { device } = resolveOptions('read', readTable, options);
    const { name, dtype, shape } = this;
    const source = await this.#layout.open();
    const where = `${source.name}: '${name}'`;
    const stored = dtypeOf(where, dtype);
    const values = this.#isPlain()
      ? await readValues(source, this.#layout)
      : (decodeValues(dtype, await this.#elements(source), where) as Float32Array);
    return toDevice('read', { name, dtype: stored, shape, values }, device);
  }

  /**
   * Reads the elements as they are in the file, row-major and little-endian.
   * @throws FileError if the file is damaged or closed; OutOfMemoryError.
   */
  async readRaw(): Promise<RawTensor> {
    const data = await this.#elements(await this.#layout.open());
    return { dtype: this.dtype, shape: this.shape, data };
  }

  /** Yields the elements in pieces of bytes. */
  async *pieces(): AsyncIterable<Uint8Array> {
    const source = await this.#layout.open();
    const { bytes } = fileDtypes[this.dtype];
    if (!this.#isPlain()) {
      const { buffer, byteOffset, byteLength } = await this.#elements(source);
      yield new Uint8Array(buffer, byteOffset, byteLength);
      return;
    }
    const size = numel(this.shape);
    for (let at = 0; at < size; at += pieceLength) {
      yield source.read(this.#layout.start + at * bytes, Math.min(pieceLength, size - at) * bytes);
    }
  }

  #isPlain(): boolean {
    const { shape, strides, bigEndian = false } = this.#layout;
    return !bigEndian && (strides === undefined || sameShape(strides, stridesOf(shape)));
  }

  async #elements(source: ByteSource): Promise<RawArray> {
    const { dtype, shape, start, strides = stridesOf(shape), bigEndian = false } = this.#layout;
    const { bytes: width, array } = fileDtypes[dtype];
    const bytes = await source.read(start, spanOf(shape, strides) * width);
    const parts = dtype.startsWith('complex') ? 2 : 1;
    if (bigEndian) swapBytes(bytes, width / parts);
    const elements = new array(bytes.buffer as ArrayBuffer);
    if (sameShape(strides, stridesOf(shape))) return elements;
    const gathered = allocated(`${source.name}: '${this.name}'`, array, numel(shape) * width);
    gatherStrided(elements, gathered, shape, strides, parts);
    return gathered;
  }
}

function allocated(where: string, array: new (buffer: ArrayBuffer) => RawArray, bytes: number): RawArray {
  try {
    return new array(new ArrayBuffer(bytes));
  } catch (error) {
    throw new OutOfMemoryError(`${where}: expected memory for ${bytes} bytes, got: ${error}`);
  }
}
