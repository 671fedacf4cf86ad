// Compiles the kernels from AssemblyScript to WebAssembly.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './generated.mjs';

/** The folder of the kernels; `entry` exports all of them. */
export const folder = 'src/backends/cpu/kernels';
const entry = `${folder}/index.ts`;

const shared = [
  ...['-O3', '--noAssert', '--runtime', 'stub'],
  ...['--importMemory', '--noExportMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'simd', '--enable', 'threads', '--enable', 'bulk-memory'],
  ...['--enable', 'sign-extension', '--enable', 'nontrapping-f2i'],
];

/** Compiler options; sources read the constant ASC_FEATURE_RELAXED_SIMD to distinguish the two variants. */
export function optionsFor({ relaxedSimd }) {
  return relaxedSimd ? [...shared, '--enable', 'relaxed-simd'] : shared;
}

/** The kernel sources, as paths relative to the root. */
export function kernelSources() {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

/**
 * Returns the bytes of the kernels module, with or without relaxed SIMD. Prints the compiler's messages if it fails.
 */
export async function compileKernels(variant) {
  const { default: asc } = await import('assemblyscript/asc');
  let bytes;
  const { error, stderr } = await asc.main(
    [entry, '--baseDir', root, '--outFile', 'kernels.wasm', ...optionsFor(variant)],
    {
      readFile: (name, base) => {
        const path = join(base, name);
        return existsSync(path) ? readFileSync(path, 'utf8') : null;
      },
      writeFile: (_name, contents) => {
        bytes = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !bytes) {
    process.stderr.write(stderr.toString());
    throw error ?? new Error(`${entry}: expected the compiler to write a module, got none`);
  }
  return bytes;
}
