// Installs the packed package as users do, then type-checks, bundles, requires and opens programs that use it. The
// compilers and bundlers come from test/consumers/package.json: npm ci --ignore-scripts --prefix test/consumers.
// Needs dist/ and Chromium. usage: tsx scripts/check-consumers.mjs [CHECK...]
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

if (!existsSync(fileURLToPath(new URL('../test/consumers/node_modules', import.meta.url)))) {
  console.error(
    'check-consumers: expected compilers and bundlers (run: npm ci --ignore-scripts --prefix test/consumers), got none',
  );
  process.exit(1);
}
const { installApp } = await import('../test/consumers/app.mjs');
const { checkTypes } = await import('../test/consumers/types.mjs');
const { checkBundlers, checkCommonJs } = await import('../test/consumers/bundlers.mjs');
const { checkDeclarations } = await import('../test/consumers/declarations.mjs');
const { checkPages } = await import('../test/consumers/pages.mjs');

const checks = {
  types: checkTypes,
  declarations: checkDeclarations,
  bundlers: checkBundlers,
  commonjs: checkCommonJs,
  pages: checkPages,
};
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(checks);

const folder = mkdtempSync(join(tmpdir(), 'antinode-consumers-'));
let failed = 0;
try {
  const app = await installApp(join(folder, 'app'));
  for (const name of wanted) {
    const start = performance.now();
    const failures = await checks[name](app);
    failed += failures.length;
    console.log(
      `${name}: ${failures.length === 0 ? 'ok' : 'FAILED'} in ${((performance.now() - start) / 1000).toFixed(1)} s`,
    );
    for (const failure of failures) console.log(`  ${failure.replaceAll('\n', '\n  ')}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failed > 0) process.exit(1);
