import { DeviceError } from '../../errors.js';
import { isNode, nodeModule } from '../../platform.js';

/** What the WebAssembly engine offers beyond plain SIMD. */
export interface Features {
  /** Relaxed SIMD, above all multiply-add in one instruction. */
  readonly relaxedSimd: boolean;
  /** Memory that worker threads can share. */
  readonly sharedMemory: boolean;
}

/** A module that exports one function of type () -> i32 as `f`, which reports whether the vector of `body` has bits. */
function moduleWith(...body: number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 0xfd, 0x53, 0x0b]; // v128.any_true
  const size = [(code.length & 0x7f) | 0x80, code.length >> 7];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 5, 1, 0x60, 0, 1, 0x7f], // types: () -> i32
    ...[3, 2, 1, 0], // functions: one of type 0
    ...[7, 5, 1, 1, 0x66, 0, 0], // exports: f
    ...[10, code.length + 3, 1, ...size, ...code],
  ]);
}

/** v128.const with four times a float32. */
function vectorOf(value: number): number[] {
  return [0xfd, 12, ...new Uint8Array(new Float32Array(4).fill(value).buffer)];
}

const simd = moduleWith(...vectorOf(0));
/**
 * f32x4.relaxed_madd of numbers whose result is 0 if the product is rounded before the addition, and 2^-26 if not. Which
 * of them is computed depends on the processor.
 */
const relaxedSimd = moduleWith(
  ...vectorOf(1 + 2 ** -13),
  ...vectorOf(1 + 2 ** -13),
  ...vectorOf(-(1 + 2 ** -12)),
  ...[0xfd, 0x85, 0x02],
);

/** Returns whether relaxed multiply-add rounds once, after the addition. Relaxed SIMD must be available. */
export function fusesMultiplyAdd(): boolean {
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(relaxedSimd)).exports;
  return (f as () => number)() === 1;
}

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
