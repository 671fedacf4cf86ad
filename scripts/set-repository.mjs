// Replaces the address of the repository in every tracked file: in homepage, bugs and repository of package.json, in
// links of pages and in workflows. usage: npm run set-repository -- OWNER/NAME, or a full address such as
// https://git.example.org/OWNER/NAME
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addressOf } from './repository.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const [given] = process.argv.slice(2);
const address = /^[\w.-]+\/[\w.-]+$/.test(given ?? '')
  ? `https://github.com/${given}`
  : given?.replace(/\/$|\.git$/, '');
if (!address || !URL.canParse(address)) {
  console.error(`set-repository: expected OWNER/NAME or a full address, got ${given ?? 'nothing'}`);
  process.exit(1);
}
const old = addressOf(JSON.parse(readFileSync('package.json', 'utf8')));
const files = execFileSync('git', ['grep', '-lIF', old], { encoding: 'utf8' }).trim().split('\n');
for (const file of files) writeFileSync(file, readFileSync(file, 'utf8').replaceAll(old, address));
console.log(`${old} -> ${address} in ${files.join(', ')}`);
