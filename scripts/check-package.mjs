// Checks what npm would publish: the addresses in package.json agree, every file that it names is packed, every link
// in the pages leads to a file, and the sources of every source map are packed. Needs dist/.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addressOf } from './repository.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json'));
const [{ files, size, unpackedSize }] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' }),
);
const packed = new Set(files.map(({ path }) => path));
const failures = [];
const expect = (is, text) => is || failures.push(text);

const address = addressOf(manifest);
expect(manifest.homepage === `${address}#readme`, `homepage: expected ${address}#readme, got ${manifest.homepage}`);
expect(manifest.bugs === `${address}/issues`, `bugs: expected ${address}/issues, got ${manifest.bugs}`);

const named = [...Object.values(manifest.exports).flatMap((target) => Object.values(target)), ...manifest.sideEffects];
for (const path of named.filter((name) => typeof name === 'string' && name.startsWith('./') && !name.includes('*'))) {
  expect(packed.has(path.slice(2)), `package.json: expected ${path} in the package`);
}

// the registry resolves relative links in README.md against `repository`, so unpacked files count too
for (const page of [...packed].filter((path) => path.endsWith('.md'))) {
  for (const [, link] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
    const target = posix.join(posix.dirname(page), link);
    const isThere = packed.has(target) || execFileSync('git', ['ls-files', '--', target], { cwd: root }).length > 0;
    expect(isThere, `${page}: expected ${link} to lead to a file`);
  }
}

for (const path of [...packed].filter((name) => name.endsWith('.map'))) {
  for (const source of JSON.parse(read(path)).sources) {
    const target = posix.join(posix.dirname(path), source);
    expect(packed.has(target), `${path}: expected ${target} in the package`);
  }
}

const odd = [...packed].filter((path) =>
  /(^|\/)(test|bench|examples|node_modules)\/|\.test\.ts$|\.tsbuildinfo$/.test(path),
);
expect(odd.length === 0, `expected only sources, dist/ and pages in the package, got ${odd.join(', ')}`);

for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(
  `${packed.size} files, ${Math.round(size / 1000)} kB packed, ${Math.round(unpackedSize / 1000)} kB unpacked`,
);
if (failures.length > 0) process.exit(1);
