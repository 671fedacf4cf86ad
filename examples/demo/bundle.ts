import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import type { Routes } from './serve.js';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** Bundles the page and its worker. Code that only some devices need is in separate files. `changes` go to esbuild. */
export async function bundlePage(changes: BuildOptions = {}): Promise<Routes> {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: {
      index: join(folder, 'page/index.html'),
      page: join(folder, 'page/main.ts'),
      style: join(folder, 'page/style.css'),
      worker: join(folder, 'worker/main.ts'),
    },
    loader: { '.html': 'copy' },
    // Import the built package antinode, as any other program does, not the sources that tsconfig.json maps it to.
    tsconfigRaw: {},
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: folder,
    logLevel: 'error',
    ...changes,
    write: false,
  });
  const routes = new Map(
    outputFiles.map(({ path, contents }) => [
      `/${path.slice(folder.length).replaceAll('\\', '/')}`,
      { type: types[extname(path)], parts: [contents] },
    ]),
  );
  return new Map([['/', routes.get('/index.html')!], ...routes]);
}
