import { isNode, nodeModule } from '../../../platform.js';

/** The kernels of 256 bits, which replace those of the same name. */
export interface WideKernels {
  readonly module: WebAssembly.Module;
  readonly exports: WebAssembly.Exports;
  /** Compiles a module whose kernels are in wide form. */
  compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module;
}

/** What the kernels run in. */
export interface WideHost {
  /** Returns a module as this memory needs it. */
  prepare(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  readonly imports: WebAssembly.Imports;
  /** Calls `use` with the memory and a pointer to some free bytes of it. */
  withScratch<R>(bytes: number, use: (memory: Float32Array, pointer: number) => R): R;
}

/**
 * Loads the kernels in engines that join vectors of 128 bits, if a probe shows that they are faster and compute the
 * same bits; otherwise returns the reason. They are in a file of their own, which only Node loads.
 */
export function loadWideKernels(host: WideHost): WideKernels | string {
  if (!isNode) return 'expected Node';
  try {
    return nodeModule('module')
      .createRequire(import.meta.url)('./wide.generated.cjs')
      .load(host);
  } catch (error) {
    // the first line: others may list the paths of modules
    return `expected wide.generated.cjs, got ${(error as Error).message.split('\n')[0]}`;
  }
}
