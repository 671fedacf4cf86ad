import { nodeModule } from '../../../platform.js';

// V8 has a pass that joins pairs of 128-bit operations into operations of 256 bits (AVX2). It is experimental and off
// by default, so it is switched on only while modules of this package are compiled, in versions with which all kernels
// were tested.

/** The versions of V8 with a pass that joins what the kernels contain: Node 24 to 26. */
const oldest = 13.6;
const newest = 14.6;

/**
 * Flags while a module is compiled, and afterwards. Optimised code is compiled at once, because the engine reads the
 * flags whenever it compiles a function: the mask has a bit for each of the first 32 functions, which are then
 * optimised without being compiled otherwise before. (`--no-liftoff` would do so for all functions, but V8 14 ends the
 * process if that flag, or that of inlining, changes while it optimises another module in the background.)
 */
export const flags = [
  ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'],
  ['--wasm-tier-mask-for-testing=-1', '--wasm-tier-mask-for-testing=0'],
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
] as const;

/** Why this engine cannot compile kernels of 256 bits; null if it may be able to. */
export function obstacle(): string | null {
  const version = Number.parseFloat(process.versions.v8 ?? '0');
  if (!(version >= oldest && version <= newest)) {
    return `expected V8 ${oldest} to ${newest} (Node 24 to 26), got ${process.versions.v8}`;
  }
  const { arch, platform } = process;
  if (arch !== 'x64' || platform === 'darwin') return `expected x64 on Linux or Windows, got ${arch} on ${platform}`;
  return null;
}

/**
 * Compiles a module in which V8 joins pairs of vectors. Threads to which it is posted run the same code, and so do
 * those that compile the same bytes while it exists. There must be no `obstacle`. Flags of V8 belong to the process:
 * afterwards they have their default values, and what other threads compile meanwhile is compiled in the same way.
 */
export function compileWide(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const { setFlagsFromString } = nodeModule('v8');
  try {
    for (const [flag] of flags) setFlagsFromString(flag);
    return new WebAssembly.Module(bytes);
  } finally {
    for (const [, flag] of flags) setFlagsFromString(flag);
  }
}
