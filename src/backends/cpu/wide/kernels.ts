import { nodeModule } from '../../../platform.js';
import { compileWide, obstacle } from './compile.js';
import { probe } from './probe.js';

/** The module of 256-bit kernels. */
export interface WideKernels {
  readonly module: WebAssembly.Module;
  readonly exports: WebAssembly.Exports;
}

/** What the module runs in. */
interface Host {
  /** Returns the module as this memory needs it. */
  prepare(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  readonly imports: WebAssembly.Imports;
  /** Calls `use` with the memory and a pointer to some free bytes of it. */
  withScratch<R>(bytes: number, use: (memory: Float32Array, pointer: number) => R): R;
}

let cached: Uint8Array<ArrayBuffer> | undefined;

/**
 * Loads the kernels that replace those of the same name where the engine joins vectors of 128 bits, once a probe has
 * shown that it does. Returns why they are not used where it does not.
 */
export function loadWideKernels({ prepare, imports, withScratch }: Host): WideKernels | string {
  const missing = obstacle();
  if (missing) return missing;
  try {
    cached ??= readKernels();
  } catch (error) {
    return `expected the file wide-kernels.wasm of the package, got ${(error as Error).message}`;
  }
  try {
    const module = compileWide(prepare(cached));
    const { exports } = new WebAssembly.Instance(module, imports);
    const found = withScratch(probe.bytes, (memory, pointer) => probe(exports, memory, pointer));
    return found ?? { module, exports };
  } catch (error) {
    return `expected them to compile, got ${(error as Error).message}`;
  }
}

/**
 * The bytes of the module, from a file beside this one. It does not exist in a program that a bundler has put into one
 * file.
 */
function readKernels(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(nodeModule('fs').readFileSync(new URL('./wide-kernels.wasm', import.meta.url)));
}
