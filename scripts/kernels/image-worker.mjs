// Bundles the script of the threads that read images. Node loads it as a file, so that it finds the optional packages.
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { root } from './generated.mjs';

const entry = 'src/data/node/images/image-worker.ts';

/** Folders and files whose changes lead to a new bundle; others may not be imported. */
const folders = ['src/data/node/images', 'src/data/transforms', 'src/tensor'];
const files = ['dtype', 'errors', 'platform', 'data/node/optional-package', 'data/node/png'];

const filesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name.replaceAll(sep, '/')}`);

/** The entry and everything that it may import, as paths relative to the root. */
export const imageWorkerSources = [
  entry,
  ...folders.flatMap(filesIn).filter((path) => path.endsWith('.ts') && path !== entry),
  ...files.map((name) => `src/${name}.ts`),
];

/** esbuild options. The names of classes are those of errors, by which they travel between threads. */
export const imageWorkerOptions = {
  bundle: true,
  minify: true,
  keepNames: true,
  format: 'cjs',
  platform: 'node',
  target: 'es2022',
  banner: { js: "const moduleUrl=require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'moduleUrl' },
};

/**
 * Returns the text of the script.
 *
 * @throws Error if it imports a file that `imageWorkerSources` does not list, because changes to it would go unnoticed
 */
export async function bundleImageWorker() {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    ...imageWorkerOptions,
    entryPoints: [entry],
    absWorkingDir: root,
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const unknown = Object.keys(metafile.inputs).filter((path) => !imageWorkerSources.includes(path));
  if (unknown.length > 0) throw new Error(`image worker: expected imageWorkerSources to list ${unknown.join(', ')}`);
  return outputFiles[0].text.trim();
}
