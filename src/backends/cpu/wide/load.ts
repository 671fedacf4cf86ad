import { compileWide, obstacle } from './compile.js';
import { probe } from './probe.js';
import type { WideHost, WideKernels } from './wide-kernels.js';

// The build bundles this module, what it imports and the compiled kernels into wide.generated.cjs, which
// wide-kernels.ts loads in Node. No other module imports it.

/** The module of wide kernels, compiled for shared memory. */
declare const wideModule: Uint8Array<ArrayBuffer>;

/** `loadWideKernels` where the engine may have what it needs. */
export function load({ prepare, imports, withScratch }: WideHost): WideKernels | string {
  const missing = obstacle();
  if (missing) return missing;
  const module = compileWide(prepare(wideModule));
  const { exports } = new WebAssembly.Instance(module, imports);
  const found = withScratch(probe.bytes, (memory, pointer) => probe(exports, memory, pointer));
  return found ?? { module, exports, compile: compileWide };
}
