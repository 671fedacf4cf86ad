import { DeviceError } from '../errors.js';
import type { Cell } from './cell.js';
import type { GpuInstance, GpuKernel, GpuMode, GpuTexture, GpuValue } from './library.js';

/** The most elements of a tensor: kernels count in float32, which is exact up to here. */
export const mostElements = 2 ** 24;

/** A kernel's source and arguments. */
export interface Launch {
  /** A function in the JavaScript of GPU.js, of cells, `kept` and numbers, that gives element this.thread.x. */
  readonly source: string;
  readonly cells: readonly Cell[];
  /** Whether it takes the former value of the cell that it writes. */
  readonly keeps: boolean;
  readonly numbers: readonly KernelNumber[];
  /** The cell that the result is for, all of it. */
  readonly to: Cell;
}

/** An argument that is a number. */
export interface KernelNumber {
  readonly value: number;
  /** A whole number, such as an offset. */
  readonly whole: boolean;
}

/** Compiles kernels, once per source and sizes, runs them, and frees what they leave on the device. */
export class Kernels {
  readonly #gpu: GpuInstance;
  readonly #mode: GpuMode;
  readonly #compiled = new Map<string, GpuKernel>();
  /** Buffers on the device that nobody has freed. */
  live = 0;
  /** Kernels run so far. */
  launched = 0;

  constructor(gpu: GpuInstance, mode: GpuMode) {
    this.#gpu = gpu;
    this.#mode = mode;
  }

  /** True where values live in textures or buffers of a device. */
  get remote(): boolean {
    return this.#mode === 'webgpu' || this.#mode === 'webgl2';
  }

  /** Runs a kernel; `former` is the value of its cell that it keeps elements of. Throws DeviceError for a tensor that is too large, and the error of a cell that has one. */
  async run({ source, cells, keeps, numbers, to: { size } }: Launch, former: GpuValue | null): Promise<GpuValue> {
    if (size > mostElements) {
      throw new DeviceError(`gpu: expected tensors of at most ${mostElements} elements, got ${size}`);
    }
    for (const { error } of cells) if (error) throw error;
    const values = cells.map((cell) => cell.value ?? new Float32Array(Math.max(1, cell.size)));
    if (keeps) values.push(former ?? new Float32Array(size));
    const types = [
      ...values.map((value) => (value instanceof Float32Array ? 'Array' : value.type)),
      ...numbers.map(({ whole }) => (whole ? 'Integer' : 'Float')),
    ];
    const key = [source, size, ...cells.map((cell) => cell.size), ...types].join('|');
    let kernel = this.#compiled.get(key);
    if (!kernel) {
      kernel = this.#gpu.createKernel(source, {
        output: [size],
        argumentTypes: types,
        precision: 'single',
        pipeline: this.remote,
        immutable: true,
        asyncMode: true,
      });
      this.#compiled.set(key, kernel);
    }
    this.launched++;
    const result = await kernel(...values, ...numbers.map(({ value }) => value));
    if (!(result instanceof Float32Array)) this.live++;
    // without a device the kernel may fill the same array again
    return result instanceof Float32Array ? result.slice() : result;
  }

  /** Frees a value on the device. */
  free(value: GpuValue | null): void {
    if (value === null || value instanceof Float32Array) return;
    this.live--;
    (value as GpuTexture).delete();
  }

  /** Frees all kernels. */
  async destroy(): Promise<void> {
    for (const kernel of this.#compiled.values()) kernel.destroy();
    this.#compiled.clear();
    await this.#gpu.destroy();
  }
}
