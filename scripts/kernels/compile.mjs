// Compiles the kernels from AssemblyScript to WebAssembly.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './generated.mjs';

/** The folder of the kernels. */
export const folder = 'src/backends/cpu/kernels';

/** The module that tells kernels for which variant they are compiled. */
const variantFile = `${folder}/variant.ts`;

/** Where the static data of wide kernels begin: after those of the others, in the same memory. */
const wideStatics = 4096;

const shared = [
  ...['-O3', '--converge', '--runPasses', 'reorder-locals'],
  ...['--noAssert', '--runtime', 'stub'],
  ...['--importMemory', '--noExportMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'simd', '--enable', 'threads', '--enable', 'bulk-memory'],
  ...['--enable', 'sign-extension', '--enable', 'nontrapping-f2i'],
];

/** Compiler options; sources read the constant ASC_FEATURE_RELAXED_SIMD to distinguish the two variants. */
export function optionsFor({ relaxedSimd, wide }) {
  const options = relaxedSimd ? [...shared, '--enable', 'relaxed-simd'] : [...shared];
  return wide ? [...options, '--memoryBase', String(wideStatics)] : options;
}

/** The kernel sources, as paths relative to the root. */
export function kernelSources() {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

/**
 * Returns the bytes of a kernels module: with or without relaxed SIMD, all kernels or (`wide`) 256-bit ones. Prints the
 * compiler's messages if it fails.
 */
export async function compileKernels(variant) {
  const { default: asc } = await import('assemblyscript/asc');
  const entry = `${folder}/${variant.wide ? 'wide' : 'index'}.ts`;
  let bytes;
  const { error, stderr } = await asc.main(
    [entry, '--baseDir', root, '--outFile', 'kernels.wasm', ...optionsFor(variant)],
    {
      readFile: (name, base) => {
        const path = join(base, name);
        if (variant.wide && path === join(root, variantFile)) return 'export const wide: bool = true;';
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
