// Builds dist/: kernels first, then declarations (dist/types, one per source) and JavaScript (one file per entry of the
// package, and chunks that they share).
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { annotate } from './annotate.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');
const dist = join(root, 'dist');
const target = 'es2022';

function node(script, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

const sourceOf = (importer, specifier) => join(dirname(importer), specifier.replace(/\.js$/, '.ts'));

/** What the sources import in a form that `pattern` matches, as paths. */
function targets(pattern) {
  const paths = readdirSync(src, { recursive: true }).map((name) => join(src, name));
  return paths
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => [...readFileSync(path, 'utf8').matchAll(pattern)].map((match) => sourceOf(path, match[1])));
}

/** Sources that are imported for what they do: `import './setup.js'`. All others do nothing but define. */
const acting = new Set(targets(/^import '(\.[^']+)';/gm));

/** Sources that are re-exported as a namespace: `export * as nn from './nn/index.js'`. */
const namespaces = targets(/^export \* as \w+ from '(\.[^']+)';/gm);

/** Sources that are loaded when they are first needed. */
const lazy = targets(/\bimport\('(\.[^']+)'\)/g);

/**
 * Sources with a file of their own in dist/, by its name. Doors are what package.json exports. Namespaces stand apart
 * because inside of a bundle they would become objects with getters, of which bundlers can drop nothing; what acts stands
 * apart so that package.json can name it as a file with side effects.
 */
const files = new Map([
  [join(src, 'index.ts'), 'index'],
  [join(src, 'setup.ts'), 'setup'],
  ...readdirSync(join(src, 'entries')).map((name) => [join(src, 'entries', name), name.replace(/\.ts$/, '')]),
  ...[...namespaces, ...lazy].map((path) => [path, relative(src, path).replaceAll(sep, '-').replace(/\.ts$/, '')]),
]);

/** A source as annotated JavaScript. */
async function compiled(path) {
  const options = { loader: 'ts', target, sourcefile: basename(path), sourcemap: 'inline', sourcesContent: false };
  const { code } = await transform(readFileSync(path, 'utf8'), options);
  return acting.has(path) ? code : annotate(code);
}

const plugin = {
  name: 'antinode',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ path: specifier, importer, kind }) => {
      const path = sourceOf(importer, specifier);
      if (kind === 'entry-point' || !existsSync(path)) return;
      const sideEffects = acting.has(path);
      const file = files.get(path);
      return file ? { path: `./${file}.js`, external: true, sideEffects } : { path, sideEffects };
    });
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({ contents: await compiled(path), loader: 'js' }));
  },
};

/** Puts a file into dist/ unless it is there; by renaming, so that programs that load it never see half of it. */
function put(path, contents) {
  if (existsSync(path) && contents.equals(readFileSync(path))) return;
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

node('scripts/build-kernels.mjs');
node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
const { outputFiles } = await build({
  entryPoints: Object.fromEntries([...files].map(([path, name]) => [name, path])),
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  target,
  packages: 'external',
  outdir: dist,
  sourcemap: true,
  sourcesContent: false,
  write: false,
  plugins: [plugin],
  logLevel: 'warning',
});
for (const { path, contents } of outputFiles) {
  // a chunk is imported for its names alone; esbuild also imports some for effects that they do not have
  const text = Buffer.from(contents)
    .toString()
    .replace(/^import ".\/chunk-\w+.js";$/gm, '');
  put(path, Buffer.from(path.endsWith('.js') ? text : contents));
}

// what no source stands behind any more
const written = new Set(outputFiles.map(({ path }) => path));
for (const name of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(name.parentPath, name.name);
  const stem = relative(join(dist, 'types'), path).replace(/\.d\.ts(\.map)?$/, '');
  if (name.isFile() && !written.has(path) && !existsSync(join(src, `${stem}.ts`))) rmSync(path);
}
