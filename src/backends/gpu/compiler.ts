import type { GpuHost } from './device/host.js';
import type { GpuKernel, GpuValue } from './device/library.js';
import { bytesPerElement } from './device/limits.js';
import type { KernelNumber } from './jobs/source.js';

/** A compiled kernel. */
export interface Compiled {
  readonly run: GpuKernel;
  /** Bytes on the device that the kernel keeps: for values of the host that it takes, or gives. */
  readonly bytes: number;
  /** The texture of its last result, which it keeps on WebGL for the next one. */
  last: { readonly value: GpuValue; readonly bytes: number } | null;
  /** True once it was destroyed, though what it made may live. */
  destroyed: boolean;
}

/** Kernels that keep memory of the device are destroyed beyond this many bytes, or as many as tensors have if that is more. */
const mostBytes = 64 * 2 ** 20;

/** Compiles kernels once, and forgets those that nobody needed for long. */
export class Compiler {
  readonly #host: GpuHost;
  readonly #live: ReadonlyMap<GpuValue, { readonly textureBytes: number }>;
  /** Those that were used last come last. */
  readonly #compiled = new Map<string, Compiled>();
  /** Kernels that were destroyed for what they kept, the latest last; one that is needed again is not destroyed so again. */
  readonly #dropped = new Set<string>();

  /** @param live the values that tensors have */
  constructor(host: GpuHost, live: ReadonlyMap<GpuValue, { readonly textureBytes: number }>) {
    this.#host = host;
    this.#live = live;
  }

  /** Bytes of the textures that tensors have. */
  get liveBytes(): number {
    let sum = 0;
    for (const { textureBytes } of this.#live.values()) sum += textureBytes;
    return sum;
  }

  /** Bytes on the device that kernels keep and no tensor has. */
  get bytes(): number {
    let sum = 0;
    for (const kernel of this.#compiled.values()) sum += this.#bytesOf(kernel);
    return sum;
  }

  /** How many kernels are compiled. */
  get count(): number {
    return this.#compiled.size;
  }

  /**
   * The kernel of a source, compiled unless it is known for such arguments; `key` tells what it depends on besides their
   * types. Results stay on the device if `pipeline`.
   */
  kernel(
    key: string,
    source: string,
    threads: number,
    values: readonly GpuValue[],
    numbers: readonly KernelNumber[],
    pipeline: boolean,
  ): Compiled {
    const fromHost = values.map((value) => (value instanceof Float32Array ? value.length : 0));
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
    const { gpu, device, remote } = this.#host;
    const run = gpu.createKernel(source, {
      output: [threads],
      argumentTypes,
      precision: 'single',
      tactic: 'precision',
      pipeline,
      // buffers of WebGPU are the pool's, so a kernel may write into the one that it is given
      immutable: !device,
      asyncMode: true,
    });
    const elements = fromHost.reduce((sum, size) => sum + size, pipeline ? 0 : threads);
    const compiled = { run, bytes: remote ? elements * bytesPerElement : 0, last: null, destroyed: false };
    this.#makeRoom(compiled.bytes);
    this.#compiled.set(whole, compiled);
    return compiled;
  }

  /** Destroys all kernels. */
  forget(): void {
    for (const key of [...this.#compiled.keys()]) this.#destroy(key);
  }

  /**
   * Destroys kernels until there is room for one that keeps so many bytes. A network whose kernels keep more than that
   * compiles them twice, and not in every step.
   */
  #makeRoom(bytes: number): void {
    const { mostKernels } = this.#host;
    let excess = this.bytes + bytes - Math.max(mostBytes, this.liveBytes);
    for (const [key, kernel] of this.#compiled) {
      const many = this.#compiled.size >= mostKernels;
      if (!many && excess <= 0) return;
      const own = this.#bytesOf(kernel);
      if (!many && (own === 0 || this.#dropped.has(key))) continue;
      excess -= own;
      this.#destroy(key);
      this.#dropped.add(key);
    }
    for (const key of this.#dropped) {
      if (this.#dropped.size <= mostKernels) return;
      this.#dropped.delete(key);
    }
  }

  #bytesOf({ bytes, last }: Compiled): number {
    return bytes + (last && !this.#live.has(last.value) ? last.bytes : 0);
  }

  #destroy(key: string): void {
    const kernel = this.#compiled.get(key);
    if (!kernel) return;
    this.#compiled.delete(key);
    kernel.destroyed = true;
    kernel.run.destroy();
  }
}
