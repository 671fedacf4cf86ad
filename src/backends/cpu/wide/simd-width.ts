import { expected, textOf, ValueError } from '../../../errors.js';
import { isNode } from '../../../platform.js';

/** Bits of the vectors in which kernels compute. */
export type SimdWidth = 128 | 256;

let wanted: SimdWidth | undefined;
let listener: (width: SimdWidth) => void = () => {};

/**
 * Returns the most bits of the vectors in which the CPU backend may compute. `device.info('cpu').description` says
 * which kernels it uses, and `fallback` why not those of 256 bits.
 *
 * @throws ValueError when the environment variable ANTINODE_SIMD_WIDTH is set and not 128 or 256
 */
export function getSimdWidth(): SimdWidth {
  const text = (isNode && process.env.ANTINODE_SIMD_WIDTH) || '256';
  wanted ??= check('ANTINODE_SIMD_WIDTH', Number(text), text);
  return wanted;
}

/**
 * Sets the most bits of the vectors in which the CPU backend computes: 128, which every engine with WebAssembly SIMD
 * runs, or 256, which are used where the engine joins pairs of vectors and that was measured to be faster. The default
 * is the environment variable ANTINODE_SIMD_WIDTH, or else 256. Results do not depend on it.
 *
 * @throws ValueError when `width` is not 128 or 256
 */
export function setSimdWidth(width: SimdWidth): void {
  wanted = check('setSimdWidth', width);
  listener(wanted);
}

/** Registers a function that later calls of `setSimdWidth` notify; the running backend uses it. */
export function onSimdWidth(notify: (width: SimdWidth) => void): void {
  listener = notify;
}

function check(name: string, width: unknown, given = width): SimdWidth {
  if (width === 128 || width === 256) return width;
  throw new ValueError(expected(name, '128 or 256', textOf(given)));
}
