// Bundles the module of wide kernels with the code that compiles and probes it.
import { root } from './generated.mjs';

/** The entry and everything it imports, as paths relative to the root. */
export const wideSources = [
  'src/backends/cpu/wide/load.ts',
  'src/backends/cpu/wide/compile.ts',
  'src/backends/cpu/wide/probe.ts',
  'src/backends/cpu/wide/wide-kernels.ts',
  'src/errors.ts',
  'src/platform.ts',
];

/** esbuild options. Node loads the file synchronously with `require`. */
export const wideOptions = { bundle: true, minify: true, format: 'cjs', platform: 'node', target: 'es2022' };

/**
 * Returns the text of the bundle for a module of wide kernels.
 *
 * @throws Error if it imports a file that `wideSources` does not list, because changes to it would go unnoticed
 */
export async function bundleWide(module) {
  const { build } = await import('esbuild');
  const text = Buffer.from(module).toString('base64');
  const { outputFiles, metafile } = await build({
    ...wideOptions,
    entryPoints: [wideSources[0]],
    banner: { js: `const wideModule = new Uint8Array(Buffer.from("${text}", "base64"));` },
    absWorkingDir: root,
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const unknown = Object.keys(metafile.inputs).filter((path) => !wideSources.includes(path));
  if (unknown.length > 0) throw new Error(`wide kernels: expected wideSources to list ${unknown.join(', ')}`);
  return outputFiles[0].text.trim();
}
