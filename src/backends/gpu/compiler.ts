import type { GpuKernel, GpuValue } from './device/gpu-js.js';
import { bytesPerElement } from './device/limits.js';
import type { GpuRuntime } from './device/runtime.js';
import type { ScalarArgument } from './source/kernel-source.js';

/** The source of a kernel to compile, and its arguments. */
export interface KernelRequest {
  /** Everything that the kernel depends on besides the types of its arguments. */
  readonly key: string;
  readonly source: string;
  readonly threads: number;
  readonly values: readonly GpuValue[];
  readonly scalars: readonly ScalarArgument[];
  /** Whether the result stays on the device; otherwise the kernel returns it to the host. */
  readonly pipeline: boolean;
}

/** A compiled kernel. */
export interface Compiled {
  readonly run: GpuKernel;
  /** Bytes on the device that belong to the kernel: copies of values of the host that it reads or returns. */
  readonly bytes: number;
  /** On WebGL, the texture of its last result, which GPU.js keeps with the kernel for its next result. */
  last: { readonly value: GpuValue; readonly bytes: number } | null;
  /** True once the kernel is destroyed; its results may still be in use. */
  destroyed: boolean;
}

/**
 * Kernels that own memory of the device are destroyed beyond this many bytes, or the bytes of all tensors if these are
 * more.
 */
const maxBytes = 64 * 2 ** 20;

/** Compiles each kernel once, and destroys kernels that have not been used for long. */
export class Compiler {
  readonly #runtime: GpuRuntime;
  readonly #live: ReadonlyMap<GpuValue, { readonly textureBytes: number }>;
  /** Compiled kernels, the most recently used last. */
  readonly #compiled = new Map<string, Compiled>();
  /** Keys of kernels that were destroyed because of their memory, the latest last; if compiled again, they are kept. */
  readonly #evicted = new Set<string>();

  /** @param live the values of tensors on the device */
  constructor(runtime: GpuRuntime, live: ReadonlyMap<GpuValue, { readonly textureBytes: number }>) {
    this.#runtime = runtime;
    this.#live = live;
  }

  /** Bytes of the textures of tensors. */
  get liveBytes(): number {
    let sum = 0;
    for (const { textureBytes } of this.#live.values()) sum += textureBytes;
    return sum;
  }

  /** Bytes on the device that belong to kernels and not to tensors. */
  get bytes(): number {
    let sum = 0;
    for (const kernel of this.#compiled.values()) sum += this.#bytesOf(kernel);
    return sum;
  }

  /** How many kernels are compiled. */
  get count(): number {
    return this.#compiled.size;
  }

  /** Returns the kernel for a request; compiles it unless there is one for the same key and types of arguments. */
  kernel({ key, source, threads, values, scalars, pipeline }: KernelRequest): Compiled {
    const fromHost = values.map((value) => (value instanceof Float32Array ? value.length : 0));
    const argumentTypes = [
      ...values.map((value) => (value instanceof Float32Array ? 'Array' : value.type)),
      ...scalars.map(({ integer }) => (integer ? 'Integer' : 'Float')),
    ];
    const typedKey = `${key}|${argumentTypes}`;
    const known = this.#compiled.get(typedKey);
    if (known) {
      this.#compiled.delete(typedKey);
      this.#compiled.set(typedKey, known);
      return known;
    }
    const { gpu, device, onDevice } = this.#runtime;
    const run = gpu.createKernel(source, {
      output: [threads],
      argumentTypes,
      precision: 'single',
      tactic: 'precision',
      pipeline,
      // on WebGPU, buffers come from the pool, so a kernel may write into the buffer that it is given
      immutable: !device,
      asyncMode: true,
    });
    const elements = fromHost.reduce((sum, size) => sum + size, pipeline ? 0 : threads);
    const compiled = { run, bytes: onDevice ? elements * bytesPerElement : 0, last: null, destroyed: false };
    this.#evict(compiled.bytes);
    this.#compiled.set(typedKey, compiled);
    return compiled;
  }

  /** Destroys all kernels. */
  clear(): void {
    for (const key of [...this.#compiled.keys()]) this.#destroy(key);
  }

  /**
   * Destroys kernels, the least recently used first, until there is room for another one with so many bytes. If the
   * kernels of a network own more than the limit, they are compiled twice, but not in every step.
   */
  #evict(bytes: number): void {
    const { maxKernels } = this.#runtime;
    let excess = this.bytes + bytes - Math.max(maxBytes, this.liveBytes);
    for (const [key, kernel] of this.#compiled) {
      const tooMany = this.#compiled.size >= maxKernels;
      if (!tooMany && excess <= 0) return;
      const own = this.#bytesOf(kernel);
      if (!tooMany && (own === 0 || this.#evicted.has(key))) continue;
      excess -= own;
      this.#destroy(key);
      this.#evicted.add(key);
    }
    for (const key of this.#evicted) {
      if (this.#evicted.size <= maxKernels) return;
      this.#evicted.delete(key);
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
