import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../helpers/sources.js';

/** Bundles an example with the framework's sources and its packages, to start quickly. Returns the program's path. */
export async function bundleExample(name: string): Promise<string> {
  // As deep below the root folder as the example itself, because its path to package.json is relative.
  const outfile = join(root, '.cache', 'examples', `${name}-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, 'examples', name, 'main.ts')],
    alias: { antinode: join(root, 'src/index.ts') },
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // the framework loads these only when they are needed
    external: ['fast-png', 'gpu.js', 'nanotar', 'webgpu'],
    // for imported packages that are CommonJS
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
