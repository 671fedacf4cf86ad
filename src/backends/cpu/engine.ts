/**
 * What host code of the CPU backend needs to run kernels. Memory is addressed by byte offset ("pointer") into the one
 * WebAssembly memory; kernels are exports `(args: usize, task: i32, thread: i32) => void` of the compiled modules.
 */
export interface Engine {
  /** Most threads that take part, the calling one included. The `thread` that a kernel sees is below it. */
  readonly threads: number;
  /** The memory that holds everything; its buffer changes when it grows. */
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
   * @param kernel name of an export of the kernels module, or what `load` returned
   * @param args int32 words that the kernel finds at its `args` pointer; pointers wrap, floats go through `f32bits`
   * @throws DeviceError if the kernel is unknown or a task traps
   */
  run(kernel: string | number, args: readonly number[], tasks: number): void;
  /**
   * Makes `run(args: i32, task: i32, thread: i32)` of a WebAssembly module a kernel on every thread. The module may
   * import the memory as `env.memory` (declared shared) and any export of the kernels module as `math.<name>`.
   *
   * @param label what messages call it
   * @returns what `run` takes
   */
  load(bytes: Uint8Array, label?: string): number;
  /** Uninitialised memory of at least `bytes` bytes, 64-byte aligned. Throws OutOfMemoryError. */
  allocate(bytes: number): number;
  /** Frees memory that `allocate` returned. */
  free(pointer: number): void;
}

const word = new Int32Array(1);
const real = new Float32Array(word.buffer);

/** The int32 word with the bits of a float32, for `Engine.run`. */
export function f32bits(value: number): number {
  real[0] = value;
  return word[0];
}

/** Calls `use` with pointers to blocks of memory, which are freed afterwards, whatever happens. Throws OutOfMemoryError. */
export function withMemory(engine: Engine, bytes: readonly number[], use: (...pointers: number[]) => void): void {
  const held: number[] = [];
  try {
    for (const each of bytes) held.push(engine.allocate(each));
    use(...held);
  } finally {
    for (const pointer of held.reverse()) engine.free(pointer);
  }
}
