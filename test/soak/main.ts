// npm run soak: attacks what docs/reliability.md promises for some minutes, and prints a table of tries and failures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { Findings } from './attack.js';
import { attacks } from './attacks.js';

/** Seconds that an attack may take beyond its time before it counts as hanging. */
const patience = 180;

/** Seconds that an input of `--inputs` may take, for all formats together, before the attack counts as hanging. */
const secondsPerInput = 0.1;

/** Failures of an attack that are printed. */
const mostShown = 20;

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError(`expected a number > 0, got ${text}`);
  return value;
}

const { minutes, seed, only, inputs } = new Command('npm run soak --')
  .description('Attacks what docs/reliability.md promises.')
  .option('--minutes <n>', 'time for all attacks together', positive, 5)
  .option('--seed <n>', 'seed of the attacks', Number, Date.now() % 1_000_000)
  .option('--inputs <n>', 'give each format of weights so many files, however long that takes', positive)
  .option('--only <name>', 'make the attacks whose name contains this')
  .parse()
  .opts<{ minutes: number; seed: number; only?: string; inputs?: number }>();

/** Makes one attack in a process of its own. */
async function attacked(name: string, seconds: number): Promise<Findings> {
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      '--import',
      'tsx',
      fileURLToPath(new URL('child.ts', import.meta.url)),
      name,
      `${seed}`,
      `${seconds}`,
      ...(inputs === undefined ? [] : [`${inputs}`]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const findings = new Findings();
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint = (complaint + text).slice(-2000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{"tries"')) return;
    const found = JSON.parse(line) as Findings;
    Object.assign(findings, found);
    if (process.stderr.isTTY)
      process.stderr.write(`\r${name}: ${found.tries} tries, ${found.failures.length} failures `);
  });
  const timer = setTimeout(
    () => {
      findings.fail(`hangs: killed ${patience} s after its time`);
      child.kill('SIGKILL');
    },
    1000 * (Math.max(seconds, secondsPerInput * (inputs ?? 0)) + patience),
  );
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (code !== 0) findings.fail(`ended with ${signal ?? `status ${code}`}: ${complaint.trim()}`);
  return findings;
}

const chosen = attacks.filter(({ name }) => name.includes(only ?? ''));
console.log(`${minutes} minutes, seed ${seed}, Node ${process.versions.node} on ${process.platform} ${process.arch}\n`);
console.log(`${'attack'.padEnd(24)} ${'tries'.padStart(9)} ${'failures'.padStart(9)}`);
let failed = 0;
for (const { name } of chosen) {
  const { tries, failures, notes, skipped } = await attacked(name, (60 * minutes) / chosen.length);
  const figures =
    skipped === null ? `${String(tries).padStart(9)} ${String(failures.length).padStart(9)}` : `skipped: ${skipped}`;
  console.log(`${name.padEnd(24)} ${figures}`);
  for (const note of notes) console.log(`  ${note}`);
  for (const failure of failures.slice(0, mostShown)) console.log(`  ${failure}`);
  if (failures.length > mostShown) console.log(`  and ${failures.length - mostShown} more`);
  failed += failures.length;
}
process.exit(failed > 0 ? 1 : 0);
