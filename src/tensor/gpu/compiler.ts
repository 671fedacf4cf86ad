import type { GpuHost } from './host.js';
import type { KernelNumber } from './jobs/source.js';
import type { GpuKernel, GpuValue } from './library.js';
import { bytesPerElement } from './limits.js';

/** A compiled kernel. */
export interface Compiled {
  readonly run: GpuKernel;
  /** Bytes on the device that the kernel keeps: for values of the host that it takes, or gives. */
  readonly bytes: number;
  /** True once it was destroyed, though what it made may live. */
  destroyed: boolean;
}

/** Kernels that keep memory of the device are destroyed beyond this many bytes. */
const mostBytes = 64 * 2 ** 20;

/** Compiles kernels once, and forgets those that nobody needed for long. */
export class Compiler {
  readonly #host: GpuHost;
  /** Those that were used last come last. */
  readonly #compiled = new Map<string, Compiled>();
  /** Bytes on the device that kernels keep. */
  bytes = 0;

  constructor(host: GpuHost) {
    this.#host = host;
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
    const { gpu, device, mode } = this.#host;
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
    const remote = mode === 'webgpu' || mode === 'webgl2';
    const elements = fromHost.reduce((sum, size) => sum + size, pipeline ? 0 : threads);
    const compiled = { run, bytes: remote ? elements * bytesPerElement : 0, destroyed: false };
    this.#makeRoom(compiled.bytes);
    this.#compiled.set(whole, compiled);
    this.bytes += compiled.bytes;
    return compiled;
  }

  /** Destroys all kernels. */
  forget(): void {
    for (const key of [...this.#compiled.keys()]) this.#destroy(key);
  }

  /** Destroys kernels until there is room for one that keeps so many bytes. */
  #makeRoom(bytes: number): void {
    for (const [key, kernel] of this.#compiled) {
      const many = this.#compiled.size >= this.#host.mostKernels;
      const large = kernel.bytes > 0 && this.bytes + bytes > mostBytes;
      if (many || large) this.#destroy(key);
      else if (this.bytes + bytes <= mostBytes) return;
    }
  }

  #destroy(key: string): void {
    const kernel = this.#compiled.get(key);
    if (!kernel) return;
    this.#compiled.delete(key);
    this.bytes -= kernel.bytes;
    kernel.destroyed = true;
    kernel.run.destroy();
  }
}
