import type { DeviceError, OutOfMemoryError } from '../../errors.js';
import type { DeviceCounters } from '../../tensor/backend.js';
import { type Allocation, newAllocation, type Range, type View, wholeOperand } from './allocation.js';
import { type Compiled, Compiler } from './compiler.js';
import type { GpuBuffer, GpuResult, GpuTexture, GpuValue } from './device/gpu-js.js';
import { bytesPerElement, expectInputs, expectRoom } from './device/limits.js';
import type { GpuRuntime } from './device/runtime.js';
import { BufferPool } from './memory/buffers.js';
import { isPacked, setTextureType } from './memory/texels.js';
import { bufferValue, download } from './memory/transfer.js';
import { KernelSource } from './source/kernel-source.js';

/** Runs kernels and owns their results on the device. Each kernel is compiled once per source and sizes. */
export class Kernels {
  readonly #runtime: GpuRuntime;
  readonly #pool: BufferPool | null;
  readonly #compiler: Compiler;
  /** The values on the device; for textures of WebGL, also the kernel that made them and their bytes. */
  readonly #values = new Map<GpuValue, { readonly by: Compiled | null; readonly textureBytes: number }>();
  #launches = 0;
  #bytesMoved = 0;

  constructor(runtime: GpuRuntime) {
    this.#runtime = runtime;
    this.#compiler = new Compiler(runtime, this.#values);
    this.#pool = runtime.device ? new BufferPool(runtime.device) : null;
  }

  /** Counts of the work of kernels so far and of the memory that they use. */
  get counters(): DeviceCounters {
    const pool = this.#pool;
    return {
      buffers: this.#values.size,
      bytes: this.#compiler.liveBytes + this.#compiler.bytes + (pool ? pool.usedBytes + pool.idleBytes : 0),
      kernels: this.#compiler.count,
      launches: this.#launches,
      bytesMoved: this.#bytesMoved,
    };
  }

  /** The runtime that kernels run on. */
  get runtime(): GpuRuntime {
    return this.#runtime;
  }

  /**
   * Runs a kernel that computes a range of an allocation. `views` are the values of its inputs, and `previous` is the
   * previous value of the range, for kernels that keep elements of it.
   *
   * @throws DeviceError when the device is lost, the output is too large for it, or it cannot bind that many inputs
   * @throws OutOfMemoryError when the device has no room
   */
  async run(source: KernelSource, range: Range, views: readonly View[], previous: View): Promise<GpuValue> {
    const { size } = range;
    const { width } = source;
    const keeps = source.usesPrevious && previous.value !== null;
    // the previous value may be an input, too
    const shared = keeps ? views.findIndex(({ value }) => value === previous.value) : -1;
    const read = keeps && shared < 0 ? [...views, previous] : views;
    expectRoom(this.#runtime, size);
    expectInputs(this.#runtime, read.length);
    const values = read.map(({ value, size }) => value ?? new Float32Array(Math.max(1, size)));
    const scalars = source.scalars.map(({ value, integer, input }) => ({
      value: input === undefined ? value : value - views[input].start,
      integer,
    }));
    const vectors = views.map(
      ({ value }, i) =>
        !source.inputs[i].scalarLoads &&
        isPacked(value) &&
        i !== shared &&
        source.scalars.every(({ input }, at) => input !== i || scalars[at].value % 4 === 0),
    );
    read.forEach(({ value, size }, i) => {
      setTextureType(value, size, vectors[i] ?? false);
    });
    if (keeps) scalars.push({ value: range.start - previous.start, integer: true });
    const text = source.text(keeps ? (shared < 0 ? 'previous' : `c${shared}`) : null, vectors);
    const key = `${text}|${size}|${read.map((view) => view.size)}`;
    const pipeline = this.#runtime.onDevice;
    const kernel = this.#compiler.kernel({ key, source: text, threads: size / width, values, scalars, pipeline });
    this.#launches++;
    this.countMoved(size + (keeps ? size : 0));
    for (const { range } of source.inputs) this.countMoved(range.size);
    const args = [...values, ...scalars.map(({ value }) => value)];
    const { loss } = this.#runtime;
    const pool = this.#pool;
    if (!pool) return this.#adopt(await loss.race(() => kernel.run(...args)), kernel, size);
    const buffer = await loss.race(() => pool.acquire(size * bytesPerElement));
    return this.#runInto(buffer, kernel, args, size);
  }

  /** Copies values of the host to the device. Rejects with the same errors as `run`. */
  async upload(values: Float32Array): Promise<GpuValue> {
    const { onDevice, device, context, loss } = this.#runtime;
    if (!onDevice) return values;
    expectRoom(this.#runtime, values.length);
    const pool = this.#pool;
    if (!device || !pool) {
      const view = { value: values, start: 0, size: values.length };
      return this.run(identitySource(values.length), view, [view], view);
    }
    const buffer = await loss.race(() => pool.acquire(values.length * bytesPerElement));
    device.queue.writeBuffer(buffer, 0, values);
    return this.#register(bufferValue(buffer, values.length, context));
  }

  /** Counts elements that kernels or copies have moved. */
  countMoved(elements: number): void {
    this.#bytesMoved += bytesPerElement * elements;
  }

  /** Waits for a value and copies it to the host. Rejects with DeviceError if the device is lost in the meantime. */
  async read({ value, size }: Allocation): Promise<Float32Array> {
    if (value === null) return new Float32Array(size);
    // a copy, since the array may change before the caller uses it
    if (value instanceof Float32Array) return value.slice();
    const { device, loss } = this.#runtime;
    if (device) return loss.race(() => download(device, value.buffer as GpuBuffer, size));
    setTextureType(value, size, false);
    // reading a texture directly would block the thread, so a kernel copies it to the host, and its result is awaited
    const kernel = this.#compiler.kernel({
      key: `read ${size}`,
      source: 'function(c0) { return c0[this.thread.x]; }',
      threads: size,
      values: [value],
      scalars: [],
      pipeline: false,
    });
    return (await loss.race(() => kernel.run(value))) as Float32Array;
  }

  /** Waits until the device has finished: commands run in order, so it awaits the result of one last kernel. */
  async finish(): Promise<void> {
    const source = 'function() { return 1; }';
    const request = { key: 'finish', source, threads: 1, values: [], scalars: [], pipeline: false };
    const kernel = this.#compiler.kernel(request);
    await this.#runtime.loss.race(() => kernel.run());
  }

  /** Destroys all compiled kernels; they are compiled again when they are needed. */
  clear(): void {
    this.#compiler.clear();
  }

  /** Returns the first error that the device has recorded since the last call, null if there is none. */
  fault(): Promise<DeviceError | OutOfMemoryError | null> {
    return this.#runtime.loss.race(() => this.#runtime.fault());
  }

  /** Frees a value on the device. */
  free(value: GpuValue | null): void {
    if (value === null || value instanceof Float32Array) return;
    const entry = this.#values.get(value);
    this.#values.delete(value);
    if (this.#pool) {
      this.#pool.release(value.buffer as GpuBuffer);
      return;
    }
    value.delete?.();
    // a destroyed kernel does not delete its results
    if (entry?.by?.destroyed) value.context?.deleteTexture?.(value.texture);
  }

  /** Runs a kernel of WebGPU that writes into a buffer of the pool. */
  async #runInto(
    buffer: GpuBuffer,
    kernel: Compiled,
    args: readonly (GpuValue | number)[],
    size: number,
  ): Promise<GpuValue> {
    const { run } = kernel;
    run.outputBuffer = buffer;
    run.bindGroupDirty = true;
    try {
      await this.#runtime.loss.race(() => run(...args));
      return this.#register(bufferValue(buffer, size, this.#runtime.context));
    } catch (error) {
      this.#pool?.release(buffer);
      throw error;
    } finally {
      run.outputBuffer = null;
    }
  }

  /** Takes ownership of a result for which GPU.js has allocated the memory. */
  #adopt(result: GpuResult, kernel: Compiled, size: number): GpuValue {
    // without a device, the kernel may reuse the array
    if (result instanceof Float32Array) return result.slice();
    if (!('type' in result)) {
      const flat = new Float32Array(size);
      result.forEach((four, i) => {
        flat.set(four, 4 * i);
      });
      return flat;
    }
    setTextureType(result, size, false);
    const bytes = size * bytesPerElement;
    kernel.last = { value: result, bytes };
    return this.#register(result, kernel, bytes);
  }

  #register(value: GpuTexture, by: Compiled | null = null, textureBytes = 0): GpuTexture {
    this.#values.set(value, { by, textureBytes });
    return value;
  }
}

/** A kernel that returns its input. */
function identitySource(size: number): KernelSource {
  const width = size % 4 === 0 ? 4 : 1;
  const k = new KernelSource(width);
  const x = wholeOperand(newAllocation('float32', size));
  k.return(k.load(x, `this.thread.x * ${width}`, width, width === 4));
  return k;
}
