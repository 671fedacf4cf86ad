// Follows the recipe of docs/gpu.md in an empty project, with the packed package: checks what it installs, that it
// can be bundled for browsers, and that Node can run it. Needs dist/ and the registry that npm is configured for.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The most megabytes that a browser project may install, including antinode. */
const maxMegabytes = 12;

const folder = mkdtempSync(join(tmpdir(), 'antinode-install-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
const project = join(folder, 'project');

function fail(message) {
  console.error(`check-install: ${message}`);
  process.exit(1);
}

/** Runs a command line in a folder and returns its output; ends the check if the command fails. */
function run(command, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, { cwd, shell: true, encoding: 'utf8' });
  if (status === 0) return stdout;
  const output = `${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`.trim();
  const offline = output.match(
    /\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/,
  );
  if (offline) fail(`expected a reachable registry, got ${offline[1]} from: ${command}`);
  return fail(`expected success from: ${command}\ngot ${output || `status ${status}`}`);
}

/** The commands of the recipe, without comments. */
function recipe() {
  const [, block = ''] =
    readFileSync(join(root, 'docs/gpu.md'), 'utf8').match(/```sh\n(npm pkg set [\s\S]*?)```/) ?? [];
  const commands = block.split('\n').flatMap((line) => line.replace(/\s+#.*/, '').trim() || []);
  const [overrides, install, forNode] = commands;
  if (commands.length !== 3 || !/ antinode /.test(install) || !/ webgpu@/.test(forNode)) {
    fail(`expected three commands in docs/gpu.md (overrides, antinode, webgpu), got ${commands.join('; ')}`);
  }
  return { overrides, install, forNode };
}

/** Every file under node_modules, with its size. */
function installedFiles() {
  const modules = join(project, 'node_modules');
  return readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(modules, path), bytes: statSync(path).size }));
}

/** The manifests under node_modules of packages with this name, whatever their folder is called. */
function copiesOf(name, files) {
  return files
    .filter(({ path }) => /(^|node_modules[\\/])(@[^\\/]+[\\/])?[^\\/]+[\\/]package\.json$/.test(path))
    .filter(({ path }) => JSON.parse(readFileSync(join(project, 'node_modules', path), 'utf8')).name === name)
    .map(({ path }) => path);
}

const megabytes = (files) => files.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20;
const isNative = ({ path }) => path.endsWith('.node');

function report(name, files, problems) {
  console.log(`${name}: ${megabytes(files).toFixed(1)} MB${problems.length === 0 ? '' : ': FAILED'}`);
  for (const problem of problems) console.log(`  ${problem}`);
  return problems.length;
}

/** Checks that a browser project has no native code and is small, and that it can be bundled. */
async function checkBrowser() {
  const files = installedFiles();
  const problems = [];
  const size = megabytes(files);
  if (size > maxMegabytes) problems.push(`expected at most ${maxMegabytes} MB, got ${size.toFixed(1)}`);
  const native = files.filter(isNative);
  if (native.length > 0) problems.push(`expected no native code, got ${native.map(({ path }) => path).join(', ')}`);
  const { metafile } = await build({
    stdin: {
      contents: `import { setDevice } from 'antinode'; import 'antinode/gpu'; await setDevice('gpu');`,
      resolveDir: project,
    },
    absWorkingDir: project,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: join(project, 'out'),
    metafile: true,
    write: false,
    external: ['fast-png', 'nanotar', '@zip.js/zip.js'],
    logLevel: 'error',
  });
  const bundled = new Set(
    Object.keys(metafile.inputs).flatMap((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []),
  );
  for (const name of ['webgpu', 'gl']) {
    if (bundled.has(name)) problems.push(`expected a browser bundle without ${name}, got one with it`);
  }
  if (!bundled.has('gpu.js')) problems.push(`expected a bundle with gpu.js, got one of ${[...bundled].join(', ')}`);
  problems.push(...checkRun(/^gpu: expected the package webgpu \(run: .*\), got a package in its place/));
  return report('browser', files, problems);
}

/** Checks that a Node project has one copy of webgpu and no other native code. */
function checkNode() {
  const files = installedFiles();
  const problems = [];
  const copies = copiesOf('webgpu', files);
  if (copies.length !== 1) problems.push(`expected one copy of webgpu, got ${copies.join(', ') || 'none'}`);
  const foreign = files.filter((file) => isNative(file) && !/^webgpu[\\/]/.test(file.path));
  if (foreign.length > 0)
    problems.push(`expected no other native code, got ${foreign.map(({ path }) => path).join(', ')}`);
  // without a driver there is no adapter, but the package must load
  problems.push(...checkRun(/^gpu: expected an adapter for WebGPU/));
  return report('Node', files, problems);
}

/** Runs GPU.js in Node: `gpu:cpu` must compute, and `gpu` must start or reject with the expected message. */
function checkRun(expected) {
  writeFileSync(
    join(project, 'run.mjs'),
    `import { ones, setDevice } from 'antinode';
await setDevice('gpu:cpu');
const sum = await ones([5]).add(1).sum().item();
const message = await setDevice('gpu').then(() => '', (error) => error.message);
console.log('\\n' + JSON.stringify({ sum, message }));
process.exit();
`,
  );
  const { sum, message } = JSON.parse(run('node run.mjs', project).trim().split('\n').at(-1));
  const problems = [];
  if (sum !== 10) problems.push(`expected 10 from gpu:cpu, got ${sum}`);
  if (message !== '' && !expected.test(message))
    problems.push(`expected gpu to reject with ${expected}, got: ${message}`);
  return problems;
}

const { overrides, install, forNode } = recipe();
const [{ filename }] = JSON.parse(run(`npm pack --json --ignore-scripts --pack-destination "${folder}"`, root));
mkdirSync(project);
writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
const quiet = '--no-audit --no-fund';
run(overrides, project);
run(`${install.replace(' antinode ', ` "${join(folder, filename)}" `)} ${quiet}`, project);
let failed = await checkBrowser();
run(`${forNode} ${quiet}`, project);
failed += checkNode();
process.exit(failed > 0 ? 1 : 0);
