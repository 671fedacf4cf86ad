// Proves that bundlers can build the package: for browsers and for Node, whole and tree-shaken. Prints sizes.
// The bundles for Node are also run. Needs dist/.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const small = `
  import { tensor } from 'antinode';
  const sum = await tensor([1, 2, 3]).add(1).sum().item();
  if (sum !== 9) throw new Error('expected 9, got ' + sum);
`;
const whole = `
  import * as antinode from 'antinode';
  globalThis.antinode = antinode;
  const layer = new antinode.nn.Linear(3, 2);
  const [rows, columns] = layer.forward(antinode.ones([4, 3])).shape;
  if (rows !== 4 || columns !== 2) throw new Error('expected (4, 2), got ' + [rows, columns]);
`;
const cases = [
  { name: 'everything', code: whole, without: [] },
  { name: 'tensor alone', code: small, without: ['dist/nn/', 'dist/optim/', 'dist/data/', 'dist/io/'] },
];

const folder = mkdtempSync(join(tmpdir(), 'antinode-bundles-'));
let failed = 0;
try {
  for (const { name, code, without } of cases) {
    for (const platform of ['browser', 'node']) {
      const outfile = join(folder, `${name.replace(' ', '-')}-${platform}.mjs`);
      const { metafile, outputFiles } = await build({
        stdin: { contents: code, resolveDir: root },
        alias: { antinode: join(root, 'dist/index.js') },
        absWorkingDir: root,
        bundle: true,
        minify: true,
        format: 'esm',
        platform,
        target: 'es2022',
        outfile,
        metafile: true,
        write: false,
        // Optional, and loaded only when asked for.
        external: ['gpu.js', 'fast-png', 'nanotar'],
        logLevel: 'error',
      });
      const { contents } = outputFiles[0];
      const problems = [];
      const [{ inputs }] = Object.values(metafile.outputs);
      const present = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
      for (const part of without) {
        const kept = present.filter((path) => path.startsWith(part));
        if (kept.length > 0) problems.push(`expected nothing of ${part}, got ${kept.join(', ')}`);
      }
      if (platform === 'node') {
        const run = spawnSync(process.execPath, ['--input-type=module'], { input: contents, encoding: 'utf8' });
        if (run.status !== 0) problems.push(`running it: ${run.stderr.trim() || `status ${run.status}`}`);
      }
      const kilobytes = (bytes) => `${(bytes.length / 1024).toFixed(1)} kB`;
      console.log(
        `${name}, ${platform}: ${kilobytes(contents)} minified, ${kilobytes(gzipSync(contents))} gzipped` +
          `, ${present.length} modules${problems.length === 0 ? '' : ': FAILED'}`,
      );
      for (const problem of problems) console.log(`  ${problem}`);
      failed += problems.length;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failed > 0) process.exit(1);
