// npm run bench: times antinode's workloads, alone or alternately with other frameworks, and prints a table.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { peers, startAntinode } from './peers.js';
import { profileWorkload } from './profile.js';
import type { Budget, Runner } from './protocol.js';
import { tolerable, watched } from './quiet.js';
import {
  footnotes,
  heading,
  line,
  type Row,
  ratioOf,
  rooflineTable,
  shareOf,
  summarize,
  type Times,
  type Turn,
  workTable,
} from './report.js';
import { describeRoofline, measureBandwidth, measureRoofline } from './roofline.js';
import { workloads } from './workloads/index.js';
import type { Workload } from './workloads/workload.js';

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError(`expected an integer >= 1, got ${text}`);
  return value;
}

const namesOf = (all: readonly Workload[]) => all.map(({ name }) => name).join(', ');

interface Options {
  peers: boolean;
  only?: string;
  json?: string;
  threads: number;
  device: string;
  rounds: number;
  roofline: boolean;
  profile?: string;
  trace?: string;
}

const options = new Command('npm run bench --')
  .description('Times antinode on fixed workloads.')
  .option('--peers', 'also run PyTorch, tfjs-wasm and jax-js, alternately in the same run, and print ratios', false)
  .option('--only <name>', 'run only the workloads whose name contains this')
  .option('--json <file>', 'write all measured times to a file')
  .option('--threads <n>', 'threads per framework, if configurable', positive, availableParallelism())
  .option('--device <name>', "antinode's device", 'cpu')
  .option('--rounds <n>', 'turns of each framework per workload', positive, 3)
  .option('--no-roofline', "skip measuring the machine's limits")
  .addOption(
    new Option('--profile <name>', 'show instead where the time of a step of one workload goes').conflicts([
      'peers',
      'only',
      'json',
    ]),
  )
  .option('--trace <file>', 'with --profile, write the Chrome trace of a step to a file')
  .parse()
  .opts<Options>();

if (options.profile !== undefined) {
  if (!workloads.some(({ name }) => name === options.profile)) {
    console.error(`bench: expected --profile to name one of ${namesOf(workloads)}, got ${options.profile}`);
    process.exit(1);
  }
  await profileWorkload(options.profile, options);
  process.exit(0);
}
if (options.trace !== undefined) {
  console.error('bench: expected --trace together with --profile');
  process.exit(1);
}

const chosen = workloads.filter(({ name }) => name.includes(options.only ?? ''));
if (chosen.length === 0) {
  console.error(`bench: expected --only to match one of ${namesOf(workloads)}, got ${options.only}`);
  process.exit(1);
}
// Before the run, so that a path that cannot be written does not waste it.
if (options.json !== undefined) writeFileSync(options.json, '');

const budget: Budget = { warmup: 400, measure: 500, most: 50 };

/** Runs one turn, up to three times if other programs disturb it. Disturbed turns count only if no other exists. */
async function turnsOf(runner: Runner, workload: string): Promise<Turn[] | { unsupported: string }> {
  const turns: Turn[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    const { result, others } = await watched(() => runner.run(workload, budget));
    if (result.ms === undefined) return { unsupported: result.unsupported ?? 'returned no times' };
    turns.push({ ms: result.ms, others, work: result.work });
    if (others <= tolerable) break;
  }
  return turns;
}

/** Runs the frameworks alternately, in the order listed in every round. */
async function compete(
  workload: string,
  runners: Map<string, Runner>,
): Promise<Map<string, Times | { unsupported: string }>> {
  const turns = new Map<string, Turn[]>();
  const refusals = new Map<string, { unsupported: string }>();
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, runner] of runners) {
      if (refusals.has(name)) continue;
      const result = await turnsOf(runner, workload);
      if ('unsupported' in result) refusals.set(name, result);
      else turns.set(name, [...(turns.get(name) ?? []), ...result]);
    }
  }
  return new Map([...runners.keys()].map((name) => [name, refusals.get(name) ?? summarize(turns.get(name) ?? [])]));
}

const limits =
  options.roofline && options.device === 'cpu'
    ? await watched(async () => ({ roofline: await measureRoofline(options.threads), cpu: 0 }))
    : undefined;
const roofline = limits?.result.roofline;
const others = new Map<string, Runner>();
const versions: Record<string, string> = {};
const notes: string[] = [];
if (options.peers) {
  for (const [name, start] of Object.entries(peers)) {
    const runner = start(options.threads);
    const hello = await runner.hello;
    if (hello.missing !== undefined) {
      notes.push(`- ${name}: left out, ${hello.missing}`);
      continue;
    }
    others.set(name, runner);
    versions[name] = `${hello.version}, ${hello.threads} ${hello.threads === 1 ? 'thread' : 'threads'}`;
    if (hello.note !== undefined) notes.push(`- ${name}: ${hello.note}`);
  }
}

const names = [...others.keys()];
const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
console.log(
  `antinode ${version} on ${options.device}, ${options.threads} threads, Node ${process.version}, ${cpus()[0]?.model}`,
);
for (const name of names) console.log(`${name} ${versions[name]}`);
console.log(heading(names));

const rows: Row[] = [];
try {
  for (const { name, bytes } of chosen) {
    const bandwidth = async () => (bytes && roofline ? [await measureBandwidth(options.threads)] : []);
    const before = await bandwidth();
    // A fresh process per workload, so that what one compiled or allocated does not affect the next.
    const antinode = startAntinode(options.threads, options.device);
    const { missing, note } = await antinode.hello;
    if (missing !== undefined) {
      console.error(`bench: antinode did not start: ${missing}`);
      process.exit(1);
    }
    if (note !== undefined && rows.length === 0) notes.push(`- antinode: ${note}`);
    const results = await compete(name, new Map([['antinode', antinode], ...others]));
    await antinode.stop();
    const { antinode: own, ...rest } = Object.fromEntries(results);
    const measured = [...before, ...(await bandwidth())];
    const row: Row = { workload: name, antinode: own, peers: rest };
    if (measured.length > 0) row.bandwidth = Math.max(...measured);
    rows.push(row);
    console.log(line(row, names));
  }
} finally {
  for (const runner of others.values()) await runner.stop();
}

for (const note of [...notes, ...footnotes(rows)]) console.log(note);
if (roofline !== undefined) {
  console.log(`\n${describeRoofline(roofline).join('\n')}`);
  console.log('\nAgainst the limit; convolutions count in full, though Winograd does fewer');
  for (const text of rooflineTable(rows, chosen, roofline)) console.log(text);
  if (limits !== undefined && limits.others > tolerable) {
    console.log(
      `! other programs used ${Math.round(100 * limits.others)}% of the processors while the limits were measured`,
    );
  }
}

const work = workTable(rows);
if (work.length > 0) console.log(`\n${work.join('\n')}`);

if (options.json !== undefined) {
  const results = rows.map((row) => {
    const workload = chosen.find(({ name }) => name === row.workload);
    const share =
      roofline === undefined || workload === undefined || 'unsupported' in row.antinode
        ? undefined
        : shareOf(workload, row.antinode.best, { ...roofline, bandwidth: row.bandwidth ?? roofline.bandwidth })?.share;
    return {
      ...row,
      ratios: Object.fromEntries(names.map((name) => [name, ratioOf(row, name)])),
      share,
    };
  });
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, platform: process.platform };
  const { device, threads } = options;
  const report = {
    date: new Date().toISOString(),
    version,
    device,
    threads,
    machine,
    peers: versions,
    roofline,
    othersAtRoofline: limits?.others,
    unit: 'ms',
    results,
  };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
process.exit(rows.some(({ antinode }) => 'unsupported' in antinode) ? 1 : 0);
