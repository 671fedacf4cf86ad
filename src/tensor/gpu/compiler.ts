import type { GpuHost } from './host.js';
import type { KernelNumber } from './jobs/source.js';
import type { GpuKernel, GpuValue } from './library.js';

/** A compiled kernel. */
export interface Compiled {
  readonly run: GpuKernel;
  /** Textures of its making that live; GPU.js loses hold of them with the kernel. */
  live: number;
}

/** Compiles kernels once, and forgets those that nobody needed for long. */
export class Compiler {
  readonly #host: GpuHost;
  /** Those that were used last come last. */
  readonly #compiled = new Map<string, Compiled>();

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
      immutable: !this.#host.device,
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
}
