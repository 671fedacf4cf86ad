// Prints the notes on a release from CHANGELOG.md. Fails unless package.json, package-lock.json and CITATION.cff in
// the current folder have its version and CHANGELOG.md has a dated section for it. usage: node
// scripts/release-notes.mjs v1.2.3
import { readFileSync } from 'node:fs';

const [tag = ''] = process.argv.slice(2);
const version = /^v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/.exec(tag)?.[1];
if (version === undefined) fail(`expected a tag like v1.2.3, got '${tag}'`);

const read = (name) => readFileSync(name, 'utf8').replaceAll('\r\n', '\n');
const lock = JSON.parse(read('package-lock.json'));
const found = {
  'package.json': JSON.parse(read('package.json')).version,
  'package-lock.json': lock.version,
  "package-lock.json's first package": lock.packages?.['']?.version,
  'CITATION.cff': /^version: *['"]?([^'"\n]*)/m.exec(read('CITATION.cff'))?.[1],
};
for (const [name, actual] of Object.entries(found)) {
  if (actual !== version) fail(`expected version ${version} in ${name}, got ${actual}`);
}

const sections = read('CHANGELOG.md').split(/^(?=## )/m);
const section = sections.find((text) => text.startsWith(`## [${version}] - `));
const [heading = '', ...lines] = section?.split('\n') ?? [];
if (!/ - \d{4}-\d\d-\d\d$/.test(heading)) {
  fail(`expected a section '## [${version}] - YYYY-MM-DD' in CHANGELOG.md, got ${heading ? `'${heading}'` : 'none'}`);
}
const notes = lines.join('\n').trim();
if (notes === '') fail(`expected text below '${heading}' in CHANGELOG.md, got none`);
console.log(notes);

function fail(message) {
  console.error(`release-notes: ${message}`);
  process.exit(1);
}
