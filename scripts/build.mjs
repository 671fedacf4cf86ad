// Builds dist/: kernels first, then declarations (dist/types, one per source file) and JavaScript (see
// build/files.mjs).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './build/bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');
const dist = join(root, 'dist');

function node(script, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/** Writes a file unless it already has these contents. Renames it into place, so that no program loads half a file. */
function put(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

node('scripts/build-kernels.mjs');
node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
const files = await bundle({ root, src, dist });
// a module of the file `core` loads it from the same folder
const wideKernels = readFileSync(join(src, 'backends/cpu/wide/wide.generated.cjs'));
files.push({ path: join(dist, 'chunks/wide.generated.cjs'), contents: wideKernels });
// as does one of the file `data-node`
const imageWorker = readFileSync(join(src, 'data/node/images/image-worker.generated.cjs'));
files.push({ path: join(dist, 'chunks/image-worker.generated.cjs'), contents: imageWorker });
for (const { path, contents } of files) put(path, contents);

// remove files whose source no longer exists
const written = new Set(files.map(({ path }) => path));
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  const stem = relative(join(dist, 'types'), path).replace(/\.d\.ts(\.map)?$/, '');
  if (entry.isFile() && !written.has(path) && !existsSync(join(src, `${stem}.ts`))) rmSync(path);
}
