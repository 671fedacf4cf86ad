// Bundles the code of the worker threads into one script.
import { root } from './generated.mjs';

/** The entry and all that it imports, by path from the root. */
export const workerSources = [
  'src/backends/cpu/threads/worker.ts',
  'src/backends/cpu/threads/control.ts',
  'src/errors.ts',
  'src/platform.ts',
];

/**
 * Options of esbuild. The script runs as CommonJS in Node and as a classic script in browsers, so it is one function.
 */
export const workerOptions = { bundle: true, minify: true, format: 'iife', platform: 'neutral', target: 'es2022' };

/**
 * The text of the script. Throws if it imports what `workerSources` does not list, for then changes would go unnoticed.
 */
export async function bundleWorker() {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    ...workerOptions,
    entryPoints: [workerSources[0]],
    absWorkingDir: root,
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const unknown = Object.keys(metafile.inputs).filter((path) => !workerSources.includes(path));
  if (unknown.length > 0) throw new Error(`worker: expected workerSources to list ${unknown.join(', ')}, got none`);
  return outputFiles[0].text.trim();
}
