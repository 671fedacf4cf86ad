import type { InlineFunctions } from './wasm/functions.js';

/** Options of `Engine.load`. */
export interface LoadOptions {
  /** The name of the kernel in messages; a number by default. */
  readonly label?: string;
  /** Whether the kernel is in wide form, for which `Engine.wide` must be true. */
  readonly wide?: boolean;
}

/**
 * The interface through which host code of the CPU backend runs kernels. Memory is addressed by byte offset ("pointer")
 * into the one WebAssembly memory; kernels are exports `(args: usize, task: i32, thread: i32) => void` of the compiled
 * modules.
 */
export interface Engine {
  /** The most threads that take part, including the calling one. The `thread` passed to a kernel is below this. */
  readonly threads: number;
  /** True if kernels in wide form are computed in vectors of 256 bits. */
  readonly wide: boolean;
  /** The functions of the kernels module. */
  readonly functions: InlineFunctions;
  /** The memory of all tensors; its buffer changes when it grows. */
  readonly memory: WebAssembly.Memory;
  /** The memory as float32. Read the property again after anything that may allocate. */
  readonly f32: Float32Array;
  /** The memory as int32. Read the property again after anything that may allocate. */
  readonly i32: Int32Array;
  /** The memory as bytes. Read the property again after anything that may allocate. */
  readonly u8: Uint8Array;
  /**
   * Runs tasks 0 to `tasks` - 1 of a kernel, in any order and on any thread, and returns when all are done.
   *
   * @param kernel name of an export of the kernels module, or a number that `load` returned
   * @param args int32 words that the kernel finds at its `args` pointer; pointers wrap to int32, and floats are
   *   converted by `f32bits`
   * @throws DeviceError when the kernel is unknown or a task traps
   */
  run(kernel: string | number, args: readonly number[], tasks: number): void;
  /**
   * Makes the export `run(args: i32, task: i32, thread: i32)` of a WebAssembly module a kernel on every thread. The
   * module may import the memory as `env.memory` (declared shared) and any export of the kernels module as
   * `math.<name>`.
   *
   * @returns the number of the kernel for `run`
   */
  load(bytes: Uint8Array, options?: LoadOptions): number;
  /**
   * Allocates at least `bytes` bytes of uninitialised memory, 64-byte aligned.
   *
   * @throws OutOfMemoryError when the memory is full
   */
  allocate(bytes: number): number;
  /** Frees memory that `allocate` returned. */
  free(pointer: number): void;
}

/** The most argument words of a job. */
export const mostArguments = 1024;

/** Where kernels may keep intermediate results: bytes for each thread, in order of their numbers, after the arguments. */
export const scratch = { at: 4 * mostArguments, bytes: 128 } as const;

const word = new Int32Array(1);
const real = new Float32Array(word.buffer);

/** Returns the int32 word with the bits of a float32, for `Engine.run`. */
export function f32bits(value: number): number {
  real[0] = value;
  return word[0];
}

/**
 * Calls `use` with pointers to blocks of memory, and frees them afterwards even if `use` throws.
 *
 * @throws OutOfMemoryError when the memory is full
 */
export function withMemory<R>(engine: Engine, bytes: readonly number[], use: (...pointers: number[]) => R): R {
  const held: number[] = [];
  try {
    for (const each of bytes) held.push(engine.allocate(each));
    return use(...held);
  } finally {
    for (const pointer of held.reverse()) engine.free(pointer);
  }
}
