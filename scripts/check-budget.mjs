// Prints the size of what users load and the time until their first training step, and fails if either exceeds its
// budget. Sizes are those of a browser bundle: everything it loads unless a GPU.js device is requested. Needs dist/.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What programs import, its budget in kilobytes (1000 bytes) of gzip, and files whose code it must not include. */
const entries = [
  { name: 'everything', code: `export * as all from 'antinode'`, budget: 128 },
  {
    name: 'tensor',
    code: `export { tensor } from 'antinode'`,
    budget: 71,
    without: /^dist\/chunks\/(nn|optim|data|io)\b/,
  },
  { name: 'antinode/autograd', code: `export * as all from 'antinode/autograd'`, budget: 73 },
  {
    name: 'antinode/nn',
    code: `export * as all from 'antinode/nn'`,
    budget: 92,
    without: /^dist\/chunks\/(optim|data|io)\b/,
  },
  {
    name: 'antinode/optim',
    code: `export * as all from 'antinode/optim'`,
    budget: 87,
    without: /^dist\/chunks\/(nn|data|io)\b/,
  },
  {
    name: 'antinode/data',
    code: `export * as all from 'antinode/data'`,
    budget: 83,
    without: /^dist\/chunks\/(nn|optim|io)\b/,
  },
  {
    name: 'antinode/io',
    code: `export * as all from 'antinode/io'`,
    budget: 72,
    without: /^dist\/chunks\/(nn|optim|data)\b/,
  },
  {
    name: 'antinode/onnx',
    code: `export * as all from 'antinode/onnx'`,
    budget: 112,
    without: /^dist\/chunks\/(optim|data|nn-models)\b/,
  },
  {
    name: 'an MLP and SGD',
    code: `
      import { Linear, ReLU, Sequential, functional } from 'antinode/nn';
      import { SGD } from 'antinode/optim';
      export { Linear, ReLU, SGD, Sequential };
      export const loss = functional.crossEntropy;`,
    budget: 83,
    without: /^dist\/chunks\/(data|io|nn-models|optim-lr|optim-analysis)\b/,
  },
];

/** The most milliseconds that users should wait, on a machine where an empty program takes 50. */
const times = { import: 80, 'first step': 200 };
const emptyProgram = 50;

/** Times vary with the load of the machine, so the check fails only if they exceed the goal by this factor twice. */
const patience = 1.5;

const failures = [];
const kilobytes = (bytes) => (bytes / 1000).toFixed(1);

/** Prints rows under their headings, with numbers right-aligned. */
function table(headings, rows) {
  const texts = [headings, ...rows].map((row) => row.map(String));
  const widths = headings.map((_, i) => Math.max(...texts.map((row) => row[i].length)));
  for (const row of texts)
    console.log(row.map((t, i) => (i === 0 ? t.padEnd(widths[i]) : t.padStart(widths[i]))).join('  '));
  console.log();
}

async function sizes({ name, code, budget, without }) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    // ignore tsconfig.json, so that antinode resolves to the built package and not to the sources
    tsconfigRaw: {},
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: 'bundle',
    entryNames: 'entry',
    metafile: true,
    write: false,
    // optional, and loaded only when asked for
    external: ['gpu.js', 'webgpu', 'fast-png', 'nanotar', '@zip.js/zip.js'],
    logLevel: 'error',
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path.slice(root.length), contents]));
  const loaded = new Set(['bundle/entry.js']);
  for (const path of loaded) {
    for (const { path: to, kind } of metafile.outputs[path].imports) if (kind === 'import-statement') loaded.add(to);
  }
  const inputs = [...loaded].flatMap((path) => Object.entries(metafile.outputs[path].inputs));
  const odd = inputs.filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && without?.test(path));
  if (odd.length > 0) failures.push(`${name}: expected no code from ${odd.map(([path]) => path).join(', ')}`);
  const sum = (paths, of) => paths.reduce((total, path) => total + of(files.get(path)), 0);
  const gzip = (contents) => gzipSync(contents).length;
  const now = sum([...loaded], gzip);
  if (now > 1000 * budget) failures.push(`${name}: expected at most ${budget} kB of gzip, got ${kilobytes(now)}`);
  const later = [...files.keys()].filter((path) => !loaded.has(path));
  const minified = sum([...loaded], ({ length }) => length);
  return [name, kilobytes(minified), kilobytes(now), budget, kilobytes(sum(later, gzip))];
}

/** The medians, by key, of the numbers that seven fresh processes print. */
function medians(args) {
  const runs = Array.from({ length: 7 }, () => {
    const start = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')}: expected status 0, got ${status}: ${stderr}`);
    return { process: performance.now() - start, ...(stdout === '' ? {} : JSON.parse(stdout)) };
  });
  const middle = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[3];
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, middle(key)]));
}

function startTimes() {
  const programs = [
    ['an empty program', ['-e', '0']],
    ['antinode', ['bench/first-step.mjs']],
    ['jax-js', ['bench/peers/jax_first_step.mjs']],
  ];
  const text = (ms) => (ms === undefined ? '' : ms.toFixed(0));
  let slowness = 1;
  const rows = programs.map(([name, args]) => {
    if (name === 'jax-js' && !existsSync(join(root, 'bench/peers/node_modules')))
      return [name, 'not installed', '', ''];
    const isSlow = (found) =>
      found.imported > patience * times.import || found.stepped > patience * times['first step'];
    const first = medians(args);
    const { imported, stepped, process: whole } = isSlow(first) ? medians(args) : first;
    if (name === 'an empty program') slowness = Math.max(1, whole / emptyProgram);
    if (name === 'antinode') {
      for (const [what, ms] of [
        ['import', imported],
        ['first step', stepped],
      ]) {
        const most = times[what] * patience * slowness;
        if (ms > most) failures.push(`${what}: expected less than ${text(most)} ms on this machine, got ${text(ms)}`);
      }
    }
    return [name, text(imported), text(stepped), text(whole)];
  });
  return [...rows, ['goal', times.import, times['first step'], '']];
}

const rows = [];
for (const entry of entries) rows.push(await sizes(entry));
table(['kB of', 'minified', 'gzip', 'budget', 'gzip loaded later'], rows);
table(['ms, medians of 7', 'import', 'import to first step', 'whole process'], startTimes());
for (const failure of failures) console.log(`FAILED ${failure}`);
if (failures.length > 0) process.exit(1);
