// Sets the address of the repository, of which package.json's homepage, bugs and repository, links in pages and
// workflows are made: wherever a tracked file names the old one, it names the new one. usage: npm run set-repository --
// OWNER/NAME, or a whole address such as https://git.example.org/OWNER/NAME
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
  console.error(`set-repository: expected OWNER/NAME or an address, got ${given ?? 'nothing'}`);
  process.exit(1);
}
const old = addressOf(JSON.parse(readFileSync('package.json', 'utf8')));
const files = execFileSync('git', ['grep', '-lIF', old], { encoding: 'utf8' }).trim().split('\n');
for (const file of files) writeFileSync(file, readFileSync(file, 'utf8').replaceAll(old, address));
console.log(`${old} -> ${address} in ${files.join(', ')}`);
