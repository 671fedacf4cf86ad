// npm run bench: times antinode's workloads, alone or alternately with other frameworks, and prints a table.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { benchInChromium } from './browser/run.js';
import { compete } from './compete.js';
import { partsOf, workloadsOf } from './growth/parts.js';
import { measureGrowth } from './growth/run.js';
import { benchUnderLoad, usualWorkloads } from './loaded.js';
import { commandLine, type Options } from './options.js';
import { peerNames, startAntinode, startPeers } from './peers.js';
import { profileWorkload } from './profile.js';
import { tolerable, watched } from './quiet.js';
import { footnotes, heading, line, type Row, ratioOf, rooflineTable, shareOf, workTable } from './report.js';
import { describeRoofline, measureBandwidth, measureRoofline } from './roofline.js';
import { workloads, workloadsByName } from './workloads/index.js';

const options = commandLine().parse().opts<Options>();

function fail(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(1);
}

function writeReport(report: object): void {
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}

if (options.profile !== undefined) {
  if (!workloadsByName.has(options.profile)) {
    fail(`expected --profile to name one of ${[...workloadsByName.keys()].join(', ')}, got ${options.profile}`);
  }
  await profileWorkload(options.profile, options);
  process.exit(0);
}
if (options.trace !== undefined) fail('expected --trace together with --profile');
if (options.charts !== undefined && options.growth === undefined) fail('expected --charts together with --growth');

const known =
  options.growth === undefined
    ? workloads.map(({ name }) => name)
    : partsOf(options.growth).flatMap((part) => workloadsOf(part));
const matches = (name: string) => name.includes(options.only ?? '');
if (!known.some(matches)) fail(`expected --only to match one of ${known.join(', ')}, got ${options.only}`);
const chosen = workloads.filter(({ name }) => matches(name));
const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, platform: process.platform };
// Before the run, so that a path that cannot be written does not waste it.
if (options.json !== undefined) writeFileSync(options.json, '');
const title = `antinode ${version} on ${options.device}, ${options.threads} threads, Node ${process.version}, ${machine.cpu}`;
const about = { date: new Date().toISOString(), version, device: options.device, machine, unit: 'ms' };

if (options.growth !== undefined) {
  console.log(title);
  const report = await measureGrowth(options.growth, options);
  writeReport({ ...about, ...report });
  const failed = Object.values(report.results)
    .flat()
    .some(({ antinode }) => 'unsupported' in antinode);
  process.exit(failed ? 1 : 0);
}

if (options.browser) {
  const report = await benchInChromium(options, chosen, version).catch((error: Error) => fail(error.message));
  writeReport({ ...about, ...report });
  process.exit(report.results.some(({ antinode }) => 'unsupported' in antinode) ? 1 : 0);
}

if (options.load !== undefined) {
  const usual = chosen.filter(({ name }) => options.only !== undefined || usualWorkloads.includes(name));
  const { load } = options;
  const report = await benchUnderLoad({ ...options, load }, usual, version).catch((error: Error) =>
    fail(error.message),
  );
  writeReport({ ...about, ...report });
  process.exit(0);
}

const limits =
  options.roofline && options.device === 'cpu'
    ? await watched(async () => ({ roofline: await measureRoofline(options.threads), cpu: 0 }))
    : undefined;
const roofline = limits?.result.roofline;
const { runners: others, versions, notes } = await startPeers(options.threads, options.peers ? peerNames : []);
const names = [...others.keys()];
console.log(title);
for (const name of names) console.log(`${name} ${versions[name]}`);
console.log(heading(names));

const rows: Row[] = [];
try {
  for (const { name, bytes, mostRounds = options.rounds } of chosen) {
    const bandwidth = async () => (bytes && roofline ? [await measureBandwidth(options.threads)] : []);
    const before = await bandwidth();
    // A fresh process per workload, so that what one compiled or allocated does not affect the next.
    const antinode = startAntinode(options.threads, options.device);
    const { missing, note } = await antinode.hello;
    if (missing !== undefined) fail(`antinode did not start: ${missing}`);
    if (note !== undefined && rows.length === 0) notes.push(`- antinode: ${note}`);
    const rounds = Math.min(options.rounds, mostRounds);
    const results = await compete(name, new Map([['antinode', antinode], ...others]), rounds);
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
  const { threads } = options;
  writeReport({ ...about, threads, peers: versions, roofline, othersAtRoofline: limits?.others, results });
}
process.exit(rows.some(({ antinode }) => 'unsupported' in antinode) ? 1 : 0);
