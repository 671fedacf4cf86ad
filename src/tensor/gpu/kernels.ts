import type { DeviceCounters } from '../backend.js';
import { DeviceError, type OutOfMemoryError } from '../errors.js';
import { BufferPool } from './buffers.js';
import type { Cell, View } from './cell.js';
import type { GpuHost } from './host.js';
import type { GpuBuffer, GpuKernel, GpuResult, GpuTexture, GpuValue } from './library.js';
import type { KernelNumber, KernelSource } from './source.js';

/** The most elements of a tensor: kernels count in float32, which is exact up to here. */
export const mostElements = 2 ** 24;

/** A compiled kernel. */
interface Compiled {
  readonly run: GpuKernel;
  /** Values of its making that live; GPU.js frees them with the kernel. */
  live: number;
}

const bytesPerElement = 4;

/** What GPU.js calls textures with four elements in a texel. */
const [vectorType, packedType] = ['ArrayTexture(4)', 'MemoryOptimizedNumberTexture'];

/** Compiles kernels, once per source and sizes, runs them, and looks after what they leave on the device. */
export class Kernels {
  readonly #host: GpuHost;
  readonly #pool: BufferPool | null;
  /** Those that were used last come last. */
  readonly #compiled = new Map<string, Compiled>();
  /** The values on the device, what made them, and their bytes where they are not the pool's. */
  readonly #made = new Map<GpuValue, { readonly by: Compiled; readonly textureBytes: number }>();
  #textureBytes = 0;
  #launches = 0;
  #bytesMoved = 0;

  constructor(host: GpuHost) {
    this.#host = host;
    this.#pool = host.device ? new BufferPool(host.device) : null;
  }

  /** What kernels did so far. */
  get counters(): DeviceCounters {
    const pool = this.#pool;
    return {
      buffers: this.#made.size,
      bytes: this.#textureBytes + (pool ? pool.lentBytes + pool.idleBytes : 0),
      kernels: this.#compiled.size,
      launches: this.#launches,
      bytesMoved: this.#bytesMoved,
    };
  }

  /** What kernels run on. */
  get host(): GpuHost {
    return this.#host;
  }

  /** True where values live in textures or buffers of a device. */
  get remote(): boolean {
    return this.#host.mode === 'webgpu' || this.#host.mode === 'webgl2';
  }

  /**
   * Runs a kernel that gives `size` elements. `views` stand for its inputs, and `former` for what it keeps elements of,
   * from element `begin` on. Rejects with DeviceError where the device is lost or has no room for so large a tensor or so
   * many.
   */
  async run(
    source: KernelSource,
    size: number,
    views: readonly View[],
    former: View,
    begin: number,
  ): Promise<GpuValue> {
    const { width, numbers } = source;
    const takesFormer = source.keeps && former.value !== null;
    const read = takesFormer ? [...views, former] : views;
    this.expectRoom(size, width);
    this.#expectInputs(read.length);
    const values = read.map(({ value, size }) => value ?? new Float32Array(Math.max(1, size)));
    const scalars = numbers.map(({ value, whole, within }) => ({
      value: within === undefined ? value : value - views[within].start,
      whole,
    }));
    const vectors = views.map(
      ({ value }, i) =>
        !source.inputs[i].single &&
        isPacked(value) &&
        !(takesFormer && value === former.value) &&
        numbers.every((number, n) => number.within !== i || scalars[n].value % 4 === 0),
    );
    read.forEach(({ value, size }, i) => {
      label(value, size, vectors[i] ?? false);
    });
    if (takesFormer) scalars.push({ value: begin - former.start, whole: true });
    const text = source.text(takesFormer, vectors);
    const key = `${text}|${size}|${read.map((view) => view.size)}`;
    const kernel = this.#kernel(key, text, Math.ceil(size / width), values, scalars, this.remote);
    this.#launches++;
    this.count(size + (takesFormer ? size : 0));
    for (const { range } of source.inputs) this.count(range.size);
    const args = [...values, ...scalars.map(({ value }) => value)];
    const { lost } = this.#host;
    const pool = this.#pool;
    if (!pool) return this.#own(await lost.unless(() => kernel.run(...args)), kernel, size, width);
    const buffer = await lost.unless(() => pool.take(storedBytes(size, width)));
    return this.#runIn(buffer, kernel, args, size);
  }

  /** Counts elements that moved. */
  count(elements: number): void {
    this.#bytesMoved += bytesPerElement * elements;
  }

  /** Waits for a value and copies it to the host. Rejects with DeviceError if the device is lost meanwhile. */
  async read({ value, size }: Cell): Promise<Float32Array> {
    if (value === null) return new Float32Array(size);
    // the array may change before the caller looks at it
    if (value instanceof Float32Array) return value.slice();
    if (this.#pool) return this.#host.lost.unless(() => value.toArray());
    label(value, size, false);
    // a texture would be read at once, which halts the thread; what a kernel gives to the host comes when it is ready
    const kernel = this.#kernel(`read ${size}`, 'function(c0) { return c0[this.thread.x]; }', size, [value], [], false);
    return (await this.#host.lost.unless(() => kernel.run(value))) as Float32Array;
  }

  /** Waits until the device has done all that it was told: commands run in order, and this one comes last. */
  async finish(): Promise<void> {
    const kernel = this.#kernel('finish', 'function() { return 1; }', 1, [], [], false);
    await this.#host.lost.unless(() => kernel.run());
  }

  /** What went wrong on the device since this was asked last, though no call failed; null if nothing did. */
  fault(): Promise<DeviceError | OutOfMemoryError | null> {
    return this.#host.lost.unless(() => this.#host.fault());
  }

  /** Frees a value on the device. */
  free(value: GpuValue | null): void {
    if (value === null || value instanceof Float32Array) return;
    const made = this.#made.get(value);
    this.#made.delete(value);
    if (made) {
      made.by.live--;
      this.#textureBytes -= made.textureBytes;
    }
    if (this.#pool) this.#pool.give(value.buffer as GpuBuffer);
    else value.delete();
  }

  /** The kernel of a source and sizes; what types its tensors have is part of it. */
  #kernel(
    key: string,
    source: string,
    threads: number,
    values: readonly GpuValue[],
    numbers: readonly KernelNumber[],
    pipeline: boolean,
  ): Compiled {
    const argumentTypes = [
      ...values.map((value) => (value instanceof Float32Array ? 'Array' : value.type)),
      ...numbers.map(({ whole }) => (whole ? 'Integer' : 'Float')),
    ];
    const whole = `${key}|${argumentTypes}`;
    const known = this.#compiled.get(whole);
    if (known) {
      this.#compiled.delete(whole);
      this.#compiled.set(whole, known);
      return known;
    }
    const run = this.#host.gpu.createKernel(source, {
      output: [threads],
      argumentTypes,
      precision: 'single',
      tactic: 'precision',
      pipeline,
      // buffers of WebGPU are the pool's, so a kernel may write into the one that it is given
      immutable: !this.#pool,
      asyncMode: true,
    });
    this.#forgetUnused();
    const compiled = { run, live: 0 };
    this.#compiled.set(whole, compiled);
    return compiled;
  }

  /** Makes room for one more kernel where there are too many. */
  #forgetUnused(): void {
    for (const [key, { run, live }] of this.#compiled) {
      if (this.#compiled.size < this.#host.mostKernels) return;
      if (live > 0) continue;
      this.#compiled.delete(key);
      run.destroy();
    }
  }

  /** Runs a kernel of WebGPU whose result goes to a buffer of the pool. */
  async #runIn(
    buffer: GpuBuffer,
    kernel: Compiled,
    args: readonly (GpuValue | number)[],
    size: number,
  ): Promise<GpuValue> {
    const { run } = kernel;
    run.outputBuffer = buffer;
    run.bindGroupDirty = true;
    try {
      const result = (await this.#host.lost.unless(() => run(...args))) as GpuTexture;
      // four elements per thread lie side by side, as any other kernel would leave them
      result.componentCount = 1;
      result.output = [size];
      this.#hold(result, kernel, 0);
      return result;
    } catch (error) {
      this.#pool?.give(buffer);
      throw error;
    } finally {
      run.outputBuffer = null;
    }
  }

  /** Takes a result that GPU.js made room for. */
  #own(result: GpuResult, kernel: Compiled, size: number, width: number): GpuValue {
    // without a device the kernel may fill the same array again
    if (result instanceof Float32Array) return result.slice();
    if (!('delete' in result)) {
      const flat = new Float32Array(size);
      result.forEach((some, i) => {
        flat.set(some.subarray(0, size - width * i), width * i);
      });
      return flat;
    }
    label(result, size, false);
    this.#hold(result, kernel, Math.ceil(size / 4) * 4 * bytesPerElement);
    return result;
  }

  #hold(value: GpuTexture, by: Compiled, textureBytes: number): void {
    by.live++;
    this.#textureBytes += textureBytes;
    this.#made.set(value, { by, textureBytes });
  }

  /** Throws DeviceError unless the device can keep a tensor of so many elements, with `width` of them in a place. */
  expectRoom(size: number, width = 1): void {
    const { mostBytes } = this.#host;
    if (size > mostElements) {
      throw new DeviceError(`gpu: expected tensors of at most ${mostElements} elements, got ${size}`);
    }
    const bytes = storedBytes(size, width);
    if (bytes > mostBytes) {
      throw new DeviceError(`gpu: expected tensors of at most ${mostBytes} bytes on this device, got ${bytes}`);
    }
  }

  #expectInputs(inputs: number): void {
    const { mostInputs } = this.#host;
    if (inputs > mostInputs) {
      throw new DeviceError(`gpu: expected at most ${mostInputs} tensors for one kernel on this device, got ${inputs}`);
    }
  }
}

/** Whether a value is a texture with four elements in a texel. */
function isPacked(value: GpuValue | null): value is GpuTexture {
  return value !== null && !(value instanceof Float32Array) && [vectorType, packedType].includes(value.type);
}

/** Lets GPU.js take a texture with four elements in a texel for vectors, or for numbers that it has packed. */
function label(value: GpuValue | null, size: number, asVectors: boolean): void {
  if (!isPacked(value)) return;
  const length = asVectors ? Math.ceil(size / 4) : size;
  value.type = asVectors ? vectorType : packedType;
  value.output = [length];
  value.dimensions = [length, 1, 1];
}

function storedBytes(size: number, width: number): number {
  return Math.ceil(size / width) * width * bytesPerElement;
}
