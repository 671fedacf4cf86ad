// Generates two modules of the CPU backend: its kernels, compiled from AssemblyScript and written as text, and the
// script of its worker threads. The package can then load both without access to files. Skips a module whose inputs
// have not changed.
import { join } from 'node:path';
import { compileKernels, folder, kernelSources, optionsFor } from './kernels/compile.mjs';
import { replaceFile, root, versionOf, writeGenerated } from './kernels/generated.mjs';
import { encodeBytes } from './kernels/text.mjs';
import { bundleWorker, workerOptions, workerSources } from './kernels/worker.mjs';

/** The variants that ship; on engines without relaxed SIMD, wasm/plain-simd.ts derives another one from the first. */
const variant = { relaxedSimd: true };
const wideVariant = { relaxedSimd: true, wide: true };

/** The module of wide kernels, written together with the other, which has the stamp of both. */
const wideFile = join(root, 'src/backends/cpu/wide/wide-kernels.wasm');

await writeGenerated(
  {
    output: 'src/backends/cpu/kernels.generated.ts',
    from: folder,
    files: [...kernelSources(), 'scripts/kernels/compile.mjs', 'scripts/kernels/text.mjs'],
    settings: [versionOf('assemblyscript'), optionsFor(variant), optionsFor(wideVariant)],
    also: [wideFile],
  },
  async () => {
    const bytes = await compileKernels(variant);
    const wide = await compileKernels(wideVariant);
    replaceFile(wideFile, wide);
    console.error(`wide kernels: ${wide.length} bytes`);
    const { letters, common, text } = encodeBytes(bytes);
    console.error(`kernels: ${bytes.length} bytes, ${text.length} as text`);
    return [
      '/** The compiled kernels, which use relaxed SIMD, as text for `decodeBytes`. */',
      'export const kernels = {',
      `  letters: '${letters}',`,
      `  common: [${common.join(', ')}],`,
      `  text:\n    '${text}',`,
      '};',
    ];
  },
);

await writeGenerated(
  {
    output: 'src/backends/cpu/threads/worker.generated.ts',
    from: workerSources[0],
    files: [...workerSources, 'scripts/kernels/worker.mjs'],
    settings: [versionOf('esbuild'), workerOptions],
  },
  async () => {
    const text = await bundleWorker();
    console.error(`worker: ${text.length} bytes`);
    return [
      '/** The script of a worker thread, for node:worker_threads (`eval`) or a Blob. */',
      `export const workerSource =\n  ${JSON.stringify(text)};`,
    ];
  },
);
