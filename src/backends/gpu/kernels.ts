import type { DeviceError, OutOfMemoryError } from '../../errors.js';
import type { DeviceCounters } from '../../tensor/backend.js';
import { type Cell, cellOf, operandIn, type View } from './cell.js';
import { type Compiled, Compiler } from './compiler.js';
import type { GpuHost } from './device/host.js';
import type { GpuBuffer, GpuResult, GpuTexture, GpuValue } from './device/library.js';
import { bytesPerElement, expectInputs, expectRoom } from './device/limits.js';
import { KernelSource } from './jobs/source.js';
import { BufferPool } from './memory/buffers.js';
import { isPacked, label } from './memory/texels.js';
import { download, valueIn } from './memory/transfer.js';

/** Runs kernels, compiled once per source and sizes, and looks after what they leave on the device. */
export class Kernels {
  readonly #host: GpuHost;
  readonly #pool: BufferPool | null;
  readonly #compiler: Compiler;
  /** The values on the device; of textures of WebGL also what made them, and their bytes. */
  readonly #made = new Map<GpuValue, { readonly by: Compiled | null; readonly textureBytes: number }>();
  #launches = 0;
  #bytesMoved = 0;

  constructor(host: GpuHost) {
    this.#host = host;
    this.#compiler = new Compiler(host, this.#made);
    this.#pool = host.device ? new BufferPool(host.device) : null;
  }

  /** What kernels did so far. */
  get counters(): DeviceCounters {
    const pool = this.#pool;
    return {
      buffers: this.#made.size,
      bytes: this.#compiler.liveBytes + this.#compiler.bytes + (pool ? pool.lentBytes + pool.idleBytes : 0),
      kernels: this.#compiler.count,
      launches: this.#launches,
      bytesMoved: this.#bytesMoved,
    };
  }

  /** What kernels run on. */
  get host(): GpuHost {
    return this.#host;
  }

  /**
   * Runs a kernel that gives `size` elements. `views` stand for its inputs, and `former` for what it keeps elements of,
   * from element `begin` on. Rejects with DeviceError where the device is lost or cannot take so large a tensor or so
   * many, and with OutOfMemoryError where it has no room.
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
    // which may be an input, too
    const shared = takesFormer ? views.findIndex(({ value }) => value === former.value) : -1;
    const read = takesFormer && shared < 0 ? [...views, former] : views;
    expectRoom(this.#host, size);
    expectInputs(this.#host, read.length);
    const values = read.map(({ value, size }) => value ?? new Float32Array(Math.max(1, size)));
    const scalars = numbers.map(({ value, whole, within }) => ({
      value: within === undefined ? value : value - views[within].start,
      whole,
    }));
    const vectors = views.map(
      ({ value }, i) =>
        !source.inputs[i].single &&
        isPacked(value) &&
        i !== shared &&
        numbers.every((number, n) => number.within !== i || scalars[n].value % 4 === 0),
    );
    read.forEach(({ value, size }, i) => {
      label(value, size, vectors[i] ?? false);
    });
    if (takesFormer) scalars.push({ value: begin - former.start, whole: true });
    const text = source.text(takesFormer ? (shared < 0 ? 'former' : `c${shared}`) : null, vectors);
    const key = `${text}|${size}|${read.map((view) => view.size)}`;
    const kernel = this.#compiler.kernel(key, text, size / width, values, scalars, this.#host.remote);
    this.#launches++;
    this.count(size + (takesFormer ? size : 0));
    for (const { range } of source.inputs) this.count(range.size);
    const args = [...values, ...scalars.map(({ value }) => value)];
    const { lost } = this.#host;
    const pool = this.#pool;
    if (!pool) return this.#own(await lost.unless(() => kernel.run(...args)), kernel, size);
    const buffer = await lost.unless(() => pool.take(size * bytesPerElement));
    return this.#runIn(buffer, kernel, args, size);
  }

  /** Values of the host, as kernels take them. Rejects as `run` does. */
  async upload(values: Float32Array): Promise<GpuValue> {
    const { remote, device, context, lost } = this.#host;
    if (!remote) return values;
    expectRoom(this.#host, values.length);
    const pool = this.#pool;
    if (!device || !pool) {
      const { source, views } = uploadOf(values);
      return this.run(source, values.length, views, views[0], 0);
    }
    const buffer = await lost.unless(() => pool.take(values.length * bytesPerElement));
    device.queue.writeBuffer(buffer, 0, values);
    return this.#hold(valueIn(buffer, values.length, context));
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
    const { device, lost } = this.#host;
    if (device) return lost.unless(() => download(device, value.buffer as GpuBuffer, size));
    label(value, size, false);
    // a texture would be read at once, which halts the thread; what a kernel gives to the host comes when it is ready
    const kernel = this.#compiler.kernel(
      `read ${size}`,
      'function(c0) { return c0[this.thread.x]; }',
      size,
      [value],
      [],
      false,
    );
    return (await lost.unless(() => kernel.run(value))) as Float32Array;
  }

  /** Waits until the device has done all that it was told: commands run in order, and this one comes last. */
  async finish(): Promise<void> {
    const kernel = this.#compiler.kernel('finish', 'function() { return 1; }', 1, [], [], false);
    await this.#host.lost.unless(() => kernel.run());
  }

  /** Destroys what is compiled: it is compiled again where it is needed. */
  forget(): void {
    this.#compiler.forget();
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
    if (this.#pool) {
      this.#pool.give(value.buffer as GpuBuffer);
      return;
    }
    value.delete?.();
    // a kernel that is gone cannot delete what it has made
    if (made?.by?.destroyed) value.context?.deleteTexture?.(value.texture);
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
      await this.#host.lost.unless(() => run(...args));
      return this.#hold(valueIn(buffer, size, this.#host.context));
    } catch (error) {
      this.#pool?.give(buffer);
      throw error;
    } finally {
      run.outputBuffer = null;
    }
  }

  /** Takes a result that GPU.js made room for. */
  #own(result: GpuResult, kernel: Compiled, size: number): GpuValue {
    // without a device the kernel may fill the same array again
    if (result instanceof Float32Array) return result.slice();
    if (!('type' in result)) {
      const flat = new Float32Array(size);
      result.forEach((four, i) => {
        flat.set(four, 4 * i);
      });
      return flat;
    }
    label(result, size, false);
    const bytes = size * bytesPerElement;
    kernel.last = { value: result, bytes };
    return this.#hold(result, kernel, bytes);
  }

  #hold(value: GpuTexture, by: Compiled | null = null, textureBytes = 0): GpuTexture {
    this.#made.set(value, { by, textureBytes });
    return value;
  }
}

/** A kernel that gives values of the host. */
function uploadOf(values: Float32Array): { source: KernelSource; views: View[] } {
  const size = values.length;
  const width = size % 4 === 0 ? 4 : 1;
  const source = new KernelSource(width);
  const x = operandIn(cellOf('float32', size));
  source.give(source.row(x, `this.thread.x * ${width}`, width, width === 4));
  return { source, views: [{ value: values, start: 0, size }] };
}
