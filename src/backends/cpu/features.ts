import { DeviceError } from '../../errors.js';
import { isNode, nodeModule } from '../../platform.js';

/** What the WebAssembly engine offers beyond plain SIMD. */
export interface Features {
  /** Relaxed SIMD, above all fused multiply-add. */
  readonly relaxedSimd: boolean;
  /** Memory that worker threads can share. */
  readonly sharedMemory: boolean;
}

/** A module with one function of type () -> v128 with this body. */
function moduleWith(...body: number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 5, 1, 0x60, 0, 1, 0x7b], // types: () -> v128
    ...[3, 2, 1, 0], // functions: one of type 0
    ...[10, code.length + 2, 1, code.length, ...code],
  ]);
}

const zero = [0xfd, 12, ...new Array<number>(16).fill(0)]; // v128.const 0
const simd = moduleWith(...zero);
const relaxedSimd = moduleWith(...zero, ...zero, ...zero, 0xfd, 0x85, 0x02); // f32x4.relaxed_madd

/** The end of each message: the alternative where WebAssembly cannot be used. */
const otherwise = "or call setDevice('reference'), which is slow and does not need it";

/**
 * Detects the features that the kernels can use. Node 20 has relaxed SIMD behind a flag of V8, which this function
 * sets.
 *
 * @throws DeviceError when WebAssembly or its SIMD is missing, or compiling it is forbidden
 */
export function detectFeatures(): Features {
  if (typeof WebAssembly !== 'object') {
    throw new DeviceError(
      `cpu: expected WebAssembly, got an engine without it; leave modes that switch it off (node --jitless, lockdown), ${otherwise}`,
    );
  }
  if (!WebAssembly.validate(simd)) {
    throw new DeviceError(
      `cpu: expected an engine with WebAssembly SIMD, got none; use Node 20.19 or a browser since 2023, ${otherwise}`,
    );
  }
  requireCompilation();
  if (!WebAssembly.validate(relaxedSimd) && isNode) {
    nodeModule('v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  return { relaxedSimd: WebAssembly.validate(relaxedSimd), sharedMemory: typeof SharedArrayBuffer === 'function' };
}

/**
 * Checks that WebAssembly may be compiled.
 * @throws DeviceError if modules are valid but must not be compiled, for example because of a page's policy.
 */
function requireCompilation(): void {
  try {
    new WebAssembly.Module(simd);
  } catch (error) {
    throw new DeviceError(
      `cpu: expected permission to compile WebAssembly, got ${error}; add 'wasm-unsafe-eval' to script-src of the ` +
        `Content-Security-Policy, ${otherwise}`,
      { cause: error },
    );
  }
}
