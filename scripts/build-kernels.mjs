// Generates three modules of the CPU backend: its kernels, compiled from AssemblyScript and written as text; its wide
// kernels, with their loader; and the script of its worker threads. The package can load the kernels and the script
// without access to files. A fourth module is the script of the threads that read images. Skips a module whose inputs have not changed.
import { compileKernels, folder, kernelSources, optionsFor } from './kernels/compile.mjs';
import { versionOf, writeGenerated } from './kernels/generated.mjs';
import { bundleImageWorker, imageWorkerOptions, imageWorkerSources } from './kernels/image-worker.mjs';
import { encodeBytes } from './kernels/text.mjs';
import { bundleWide, wideOptions, wideSources } from './kernels/wide.mjs';
import { bundleWorker, workerOptions, workerSources } from './kernels/worker.mjs';

/** The variants that ship; on engines without relaxed SIMD, wasm/plain-simd.ts derives another one from the first. */
const variant = { relaxedSimd: true };
const wideVariant = { relaxedSimd: true, wide: true };

await writeGenerated(
  {
    output: 'src/backends/cpu/kernels.generated.ts',
    from: folder,
    files: [...kernelSources(), 'scripts/kernels/compile.mjs', 'scripts/kernels/text.mjs'],
    settings: [versionOf('assemblyscript'), optionsFor(variant)],
  },
  async () => {
    const bytes = await compileKernels(variant);
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
    output: 'src/backends/cpu/wide/wide.generated.cjs',
    from: wideSources[0],
    files: [...wideSources, ...kernelSources(), 'scripts/kernels/compile.mjs', 'scripts/kernels/wide.mjs'],
    settings: [versionOf('assemblyscript'), versionOf('esbuild'), optionsFor(wideVariant), wideOptions],
  },
  async () => {
    const bytes = await compileKernels(wideVariant);
    const text = await bundleWide(bytes);
    console.error(`wide kernels: ${bytes.length} bytes, ${text.length} with their loader`);
    return [text];
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

await writeGenerated(
  {
    output: 'src/data/node/images/image-worker.generated.cjs',
    from: imageWorkerSources[0],
    files: [...imageWorkerSources, 'scripts/kernels/image-worker.mjs'],
    settings: [versionOf('esbuild'), imageWorkerOptions],
  },
  async () => {
    const text = await bundleImageWorker();
    console.error(`image worker: ${text.length} bytes`);
    return [text];
  },
);
