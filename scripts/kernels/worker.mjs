// Bundles the code of the worker threads into one script.
import { root } from './generated.mjs';

/** The entry and everything it imports, as paths relative to the root. */
export const workerSources = [
  'src/backends/cpu/threads/worker.ts',
  'src/backends/cpu/threads/control.ts',
  'src/backends/cpu/threads/control-words.ts',
  'src/backends/cpu/threads/thread-states.ts',
  'src/errors.ts',
  'src/platform.ts',
];

/**
 * esbuild options. The script runs as CommonJS in Node and as a classic script in browsers, so it is one function.
 */
export const workerOptions = { bundle: true, minify: true, format: 'iife', platform: 'neutral', target: 'es2022' };

/**
 * Returns the text of the script.
 *
 * @throws Error if it imports a file that `workerSources` does not list, because changes to it would go unnoticed
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
  if (unknown.length > 0) throw new Error(`worker: expected workerSources to list ${unknown.join(', ')}`);
  return outputFiles[0].text.trim();
}
