import { DeviceError, OutOfMemoryError } from '../../errors.js';
import { type Engine, type LoadOptions, mostArguments, scratch, withMemory } from './engine.js';
import { detectFeatures, fusesMultiplyAdd } from './features.js';
import { KernelTable } from './kernel-table.js';
import { kernels } from './kernels.generated.js';
import { type Growable, Heap } from './memory/heap.js';
import { LinearMemory } from './memory/linear-memory.js';
import { ModuleStore } from './memory/module-store.js';
import { mostThreads, type Task } from './threads/control.js';
import * as words from './threads/control-words.js';
import { Pool } from './threads/pool.js';
import { InlineFunctions } from './wasm/functions.js';
import { withoutRelaxedSimd } from './wasm/plain-simd.js';
import { decodeBytes } from './wasm/text.js';
import { importUnshared } from './wasm/unshared.js';
import type { SimdWidth } from './wide/simd-width.js';
import { loadWideKernels, type WideKernels } from './wide/wide-kernels.js';

/** Bytes at the start of the memory for the static data of all kernels. */
const staticsBytes = 8192;

/** Bytes at the end of the memory that are never allocated. */
const slack = 64;

/** Options of `CpuRuntime`; by default it uses the features of the machine. */
export interface RuntimeOptions {
  readonly threads: number;
  readonly sharedMemory?: boolean;
  readonly relaxedSimd?: boolean;
  /**
   * The most pages of memory.
   *
   * @default 65535
   */
  readonly mostPages?: number;
  /**
   * The kernels module, compiled for shared memory.
   *
   * @default the kernels that ship with the package
   */
  readonly kernels?: Uint8Array<ArrayBuffer>;
  /**
   * The most bits of the vectors in which kernels compute.
   *
   * @default 128
   */
  readonly simdWidth?: SimdWidth;
}

/**
 * Memory, kernels and threads of the CPU backend. The memory contains, in order: static data of the kernels, control
 * block, arguments, scratch memory of the threads, heap.
 */
export class CpuRuntime implements Engine {
  /** True if kernels use relaxed SIMD. */
  readonly relaxedSimd: boolean;
  /** True if their multiply-add rounds once. */
  readonly fusesMultiplyAdd: boolean;
  /** True where threads can share the memory. */
  readonly sharedMemory: boolean;
  readonly functions: InlineFunctions;
  readonly #memory: LinearMemory;
  readonly #heap: Heap;
  /** Null where memory cannot be shared. */
  readonly #pool: Pool | null;
  readonly #exports: WebAssembly.Exports;
  readonly #module: WebAssembly.Module;
  readonly #kernels: KernelTable;
  /** The wide kernels, or why there are none; undefined as long as that was not tried. */
  #wide: WideKernels | string | undefined;
  readonly #args: number;
  readonly #modules: ModuleStore;

  /** @throws DeviceError when WebAssembly SIMD is missing or forbidden, or the system has no memory */
  constructor(options: RuntimeOptions) {
    const features = detectFeatures();
    this.relaxedSimd = options.relaxedSimd ?? features.relaxedSimd;
    this.fusesMultiplyAdd = this.relaxedSimd && fusesMultiplyAdd();
    this.sharedMemory = options.sharedMemory ?? features.sharedMemory;
    this.#memory = new LinearMemory(this.sharedMemory, options.mostPages);
    const bytes = options.kernels ?? shippedKernels(this.relaxedSimd);
    this.#module = new WebAssembly.Module(this.#prepare(bytes));
    this.#exports = new WebAssembly.Instance(this.#module, this.#imports()).exports;
    this.functions = new InlineFunctions(bytes, this.#exports);
    this.#kernels = new KernelTable(this.#exports);
    const control = staticsBytes;
    this.#args = control + 4 * words.LENGTH;
    this.#heap = new Heap(withSlack(this.#memory), this.#args + scratch.at + scratch.bytes * mostThreads);
    this.#modules = new ModuleStore(this.#memory, this.#heap, control / 4 + words.TABLE);
    this.#pool = this.sharedMemory ? new Pool([this.#module], this.#memory.memory, control) : null;
    this.simdWidth = options.simdWidth ?? 128;
    this.resize(options.threads);
  }

  get threads(): number {
    return this.#pool?.threads ?? 1;
  }

  /** Threads that take part, including the calling one; workers that failed to start do not count. */
  get participants(): number {
    return this.#pool?.participants ?? 1;
  }

  get memory(): WebAssembly.Memory {
    return this.#memory.memory;
  }

  get f32(): Float32Array {
    return this.#memory.f32;
  }

  get i32(): Int32Array {
    return this.#memory.i32;
  }

  get u8(): Uint8Array {
    return this.#memory.u8;
  }

  /** Bytes of the heap that are in use. */
  get usedBytes(): number {
    return this.#heap.usedBytes;
  }

  /** Workers that have started. */
  get workers(): number {
    return this.#pool?.running ?? 0;
  }

  get wide(): boolean {
    return this.#kernels.wide;
  }

  /** Bits of the vectors in which kernels compute. */
  get simdWidth(): SimdWidth {
    return this.wide ? 256 : 128;
  }

  /** Sets the most bits of the vectors; 256 has an effect where the engine runs wide kernels. */
  set simdWidth(most: SimdWidth) {
    if (most === 256) this.#wide ??= this.#loadWide();
    this.#kernels.wide = most === 256 && typeof this.#wide === 'object';
  }

  /** Why kernels do not compute in vectors of 256 bits; null if they do, or if that was not tried. */
  get notWide(): string | null {
    return typeof this.#wide === 'string' ? this.#wide : null;
  }

  /** Changes the number of threads; stays at one where memory cannot be shared. */
  resize(threads: number): void {
    this.#pool?.resize(threads);
  }

  allocate(bytes: number): number {
    try {
      return this.#heap.allocate(bytes);
    } catch (error) {
      if (error instanceof OutOfMemoryError) return this.#modules.makeRoom(bytes);
      throw error;
    }
  }

  free(pointer: number): void {
    this.#heap.free(pointer);
  }

  run(kernel: string | number, args: readonly number[], tasks: number): void {
    if (tasks <= 0) return;
    const { number, task, label } = this.#kernels.get(kernel);
    if (args.length > mostArguments) {
      throw new DeviceError(`cpu: expected at most ${mostArguments} arguments of ${label}, got ${args.length}`);
    }
    const { i32 } = this.#memory;
    const at = this.#args / 4;
    for (let i = 0; i < args.length; i++) i32[at + i] = args[i];
    try {
      if (tasks > 1 && this.#pool && this.#pool.threads > 1) this.#pool.run(number, task, this.#args, tasks);
      else for (let i = 0; i < tasks; i++) task(this.#args, i, 0);
    } catch (error) {
      throw new DeviceError(`cpu: ${label} failed: ${(error as Error).message}`, { cause: error });
    }
  }

  load(bytes: Uint8Array, { wide = false, label }: LoadOptions = {}): number {
    const prepared = this.#prepare(bytes as Uint8Array<ArrayBuffer>);
    const module =
      wide && typeof this.#wide === 'object' ? this.#wide.compile(prepared) : new WebAssembly.Module(prepared);
    const { exports } = new WebAssembly.Instance(module, this.#imports(this.#exports));
    if (typeof exports.run !== 'function') throw new DeviceError('cpu: expected a module with an export `run`');
    if (this.sharedMemory) this.#modules.add(bytes);
    return this.#kernels.addLoaded(exports.run as Task, label);
  }

  #loadWide(): WideKernels | string {
    if (!this.relaxedSimd) return 'expected relaxed SIMD, got none';
    const found = loadWideKernels({
      prepare: (bytes) => this.#prepare(bytes),
      imports: this.#imports(),
      withScratch: (bytes, use) => withMemory(this, [bytes], (pointer) => use(this.#memory.f32, pointer)),
    });
    if (typeof found === 'object') {
      this.#kernels.addWide(found.exports);
      this.#pool?.replaceModules([this.#module, found.module]);
    }
    return found;
  }

  #prepare(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    return this.sharedMemory ? bytes : importUnshared(bytes);
  }

  #imports(math?: WebAssembly.Exports): WebAssembly.Imports {
    const env = { memory: this.#memory.memory, abort: () => {} };
    return math ? { env, math } : { env };
  }
}

/** A memory without its last bytes: kernels read a few values beyond the end of a tensor and ignore them. */
function withSlack(memory: LinearMemory): Growable {
  return {
    get bytes() {
      return memory.bytes - slack;
    },
    mostBytes: memory.mostBytes - slack,
    growTo: (bytes) => memory.growTo(bytes + slack),
  };
}

function shippedKernels(relaxedSimd: boolean): Uint8Array<ArrayBuffer> {
  const bytes = decodeBytes(kernels);
  return relaxedSimd ? bytes : withoutRelaxedSimd(bytes);
}
