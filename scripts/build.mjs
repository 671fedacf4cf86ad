// Builds dist/: kernels first, then declarations and JavaScript, then drops outputs whose source is gone.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function node(script, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

node('scripts/build-kernels.mjs');
node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');

const dist = join(root, 'dist');
for (const name of readdirSync(dist, { recursive: true })) {
  const stem = name.replace(/(\.d\.ts|\.js|\.js\.map)$/, '');
  if (stem !== name && !existsSync(join(root, 'src', `${stem}.ts`))) rmSync(join(dist, name));
}
